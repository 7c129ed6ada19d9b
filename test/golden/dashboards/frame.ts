import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'

import { phases } from '../../../app/runtime/phase.ts'
import { type PanelSource, datasource } from './panels.ts'
import { series } from './queries.ts'

/** A dashboard before it gets what all have: variables, annotations, links. */
export interface DashboardText {
  /** Part of its address, which people keep: never changed. */
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly rows: readonly (readonly [title: string, panels: readonly PanelSource[]])[]
}

// What Grafana 10 writes; newer ones bring it up to theirs when they load it.
const schemaVersion = 39

const tag = 'hpdummy'

/** Makes the dashboard as Grafana imports it. */
export function createDashboard({ uid, title, description, rows }: DashboardText): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([tag])
    .time({ from: 'now-30m', to: 'now' })
    .timezone('')
    .refresh('10s')
    .tooltip(DashboardCursorSync.Crosshair)
    .version(1)
    .link(linkToOthers())
    .variables([dataSources(), ...pods()])
    .annotations([drains(), settingsChanges(), scenarioSteps()])
  for (const [rowTitle, panels] of rows) {
    builder.withRow(new RowBuilder(rowTitle))
    for (const panel of panels) builder.withPanel(panel)
  }
  return finish(builder.build())
}

// The builder does not number panels.
function finish({ panels = [], annotations, links = [], ...dashboard }: Dashboard): Dashboard {
  return {
    ...dashboard,
    schemaVersion,
    links: links.map(shown),
    annotations: { list: annotations?.list?.map(shown) ?? [] },
    panels: panels.map((panel, index) => ({ ...panel, id: index + 1 })),
  }
}

// The builders' only placement hides links and annotations in a menu of the newest Grafana.
function shown<T extends { placement?: unknown }>(part: T): T {
  const copy = { ...part }
  delete copy.placement
  return copy
}

function linkToOthers(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('hpdummy')
    .type(DashboardLinkType.Dashboards)
    .tags([tag])
    .includeVars(true)
    .keepTime(true)
}

function dataSources(): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus')
}

// Each is asked within the choice of those before it. "All" of them is the values there are and not
// anything, because the request metrics have the names other servers use, too.
function pods(): readonly QueryVariableBuilder[] {
  const names = ['cluster', 'namespace', 'job', 'pod'] as const
  return names.map((name, index) => {
    const matchers = names.slice(0, index).map((before) => `${before}=~"$${before}"`)
    const variable = queryVariable(name, `hpdummy_config_info{${matchers.join(',')}}`)
    // Most have one cluster and no such label, which only "anything" matches.
    return name === 'cluster' ? variable.allValue('.*') : variable
  })
}

function queryVariable(name: string, of: string): QueryVariableBuilder {
  const query = `label_values(${of}, ${name})`
  return new QueryVariableBuilder(name)
    .label(name.charAt(0).toUpperCase() + name.slice(1))
    .datasource(datasource)
    .query({ query, refId: name })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: 'All', value: '$__all' })
}

function drains(): AnnotationQueryBuilder {
  const isDraining = `${series('hpdummy_drain_phase')} > ${phases.indexOf('ready')}`
  return annotation('Drains', `max by (pod) (${isDraining})`)
    .iconColor('orange')
    .textFormat('{{pod}} drains')
}

// A hash that was not there a step ago, of a pod that was: not one that has just begun.
function settingsChanges(): AnnotationQueryBuilder {
  const now = series('hpdummy_config_info')
  const before = `${now} offset $__interval`
  const isNew = `(${now} unless ${before}) and on (cluster, namespace, pod) ${before}`
  return annotation('Settings', `max by (pod, hash) (${isNew})`)
    .iconColor('blue')
    .textFormat('{{pod}} follows settings {{hash}}')
}

// Grafana makes one region of a step's successive points.
function scenarioSteps(): AnnotationQueryBuilder {
  return annotation('Scenario', `max by (scenario, step) (${series('hpdummy_scenario_step')})`)
    .iconColor('purple')
    .textFormat('scenario {{scenario}}: {{step}}')
}

function annotation(name: string, expr: string): AnnotationQueryBuilder {
  // Grafana 10 reads `expr`, newer ones `target`.
  const target = new DataqueryBuilder().refId(name).expr(expr).range()
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(datasource)
    .enable(true)
    .expr(expr)
    .target(target)
}
