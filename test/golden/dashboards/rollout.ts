import type { DashboardText } from './frame.ts'
import { graph, table, timeline } from './panels.ts'
import { phaseMappings, yesOrNo } from './phases.ts'
import { increase, series, sum } from './queries.ts'

const watch = 'not asked'

const pods = [
  table({
    title: 'What runs where',
    description:
      'Version and settings of each pod. GET /configz of a pod says what a hash stands for.',
    unit: 'short',
    queries: [[`sum by (namespace, pod, version, hash) (${series('hpdummy_config_info')})`]],
  }),
  timeline({
    title: 'Phase',
    description: 'A rollout: new pods start and are ready, old ones drain.',
    unit: 'short',
    queries: [[`max by (pod) (${series('hpdummy_drain_phase')})`, '{{pod}}']],
    mappings: phaseMappings,
  }),
  graph({
    title: 'Pods by version',
    description: 'How a new version spreads.',
    unit: 'short',
    isStacked: true,
    queries: [[`count by (version) (${series('hpdummy_config_info')})`, '{{version}}']],
  }),
  graph({
    title: 'Age',
    description: 'Time since the process began; a fall is a restart.',
    unit: 's',
    queries: [[`time() - ${series('process_start_time_seconds')}`, '{{pod}}']],
  }),
  graph({
    title: 'Connections left',
    description: 'What a draining pod still has open; it should reach 0 before the drain’s end.',
    unit: 'short',
    queries: [
      [
        `${series('hpdummy_connections', 'state="open"')} and on (cluster, namespace, pod) (${series('hpdummy_drain_phase')} > 1)`,
        '{{pod}}',
      ],
    ],
    noValue: 'no pod drains',
  }),
  graph({
    title: 'Workers',
    description: 'Threads that serve; they follow the CPU quota.',
    unit: 'short',
    width: 12,
    queries: [[series('hpdummy_workers'), '{{pod}}']],
  }),
  graph({
    title: 'CPU quota',
    description: 'Cores each pod may use, as it sees them: a resize in place shows here.',
    unit: 'short',
    width: 12,
    queries: [[series('hpdummy_cpu_quota_cores'), '{{pod}}']],
  }),
]

const settings = [
  graph({
    title: 'Pods by settings',
    description: 'How a change of the ConfigMap spreads: each line is one version of the settings.',
    unit: 'short',
    isStacked: true,
    queries: [[`count by (hash) (${series('hpdummy_config_info')})`, '{{hash}}']],
  }),
  graph({
    title: 'Looks at the settings',
    description: 'By what became of them: applied, unchanged, rejected whole, or failed.',
    unit: 'short',
    queries: [[sum('result', increase('hpdummy_config_reloads_total')), '{{result}}']],
  }),
  graph({
    title: 'Time since settings were taken',
    description: 'Since they were last applied or found unchanged.',
    unit: 's',
    queries: [
      [`time() - ${series('hpdummy_config_last_reload_success_timestamp_seconds')}`, '{{pod}}'],
    ],
  }),
  timeline({
    title: 'Settings accepted',
    description: 'A pod that refuses its settings runs on with the last good ones.',
    unit: 'short',
    queries: [[`min by (pod) (${series('hpdummy_config_last_reload_successful')})`, '{{pod}}']],
    mappings: yesOrNo({ yes: 'accepted', no: 'refused', bad: 'no' }),
  }),
  timeline({
    title: 'Restart required',
    description: 'A changed setting of class process waits for a new pod.',
    unit: 'short',
    queries: [[`max by (pod) (${series('hpdummy_config_restart_required')})`, '{{pod}}']],
    mappings: yesOrNo({ yes: 'required', no: 'not required', bad: 'yes' }),
  }),
  timeline({
    title: 'API server watched',
    description:
      'Whether the watch of the ConfigMap is open; only with kubernetes.watch api or both.',
    unit: 'short',
    queries: [[`min by (pod) (${series('hpdummy_config_watch_connected')})`, '{{pod}}']],
    mappings: yesOrNo({ yes: 'connected', no: 'lost', bad: 'no' }),
    width: 8,
    noValue: watch,
  }),
  graph({
    title: 'Silence of the API server',
    description: 'Since it last told anything of the ConfigMap.',
    unit: 's',
    queries: [
      [`time() - ${series('hpdummy_config_watch_last_heard_timestamp_seconds')}`, '{{pod}}'],
    ],
    noValue: watch,
  }),
  graph({
    title: 'Watches begun again',
    description: 'The API server ends them now and then; many a minute are trouble.',
    unit: 'short',
    queries: [[increase('hpdummy_config_watch_reconnects_total'), '{{pod}}']],
    noValue: watch,
  }),
]

/** Which pods run what, how changes reach them, and how they leave. */
export const rollout: DashboardText = {
  uid: 'hpdummy-rollout',
  title: 'hpdummy / Rollout and settings',
  description: 'Which pods run what, how settings reach them, and how they drain.',
  rows: [
    ['Pods', pods],
    ['Settings', settings],
  ],
}
