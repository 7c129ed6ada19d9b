import {
  autoOrCount,
  autoOrBytes,
  autoOrMiB,
  byteLimit,
  bytes,
  choice,
  cores,
  countLimit,
  duration,
  flag,
  kubernetesName,
  optional,
  text,
  workers,
} from './formats.ts'
import { type Setting, setting } from './setting.ts'
import { listenerSettings } from './settings-listeners.ts'
import { networkSettings } from './settings-network.ts'

/** Every setting once. The name is its path in a file; environment and flag are spelled from it. */
export const settings = {
  config: setting({
    doc: 'File with settings (YAML or JSON), or a directory of such files and of files named as a setting',
    format: text,
    value: undefined,
    reload: 'none',
  }),
  ...listenerSettings,
  ...networkSettings,
  workers: setting({
    doc: 'Threads that serve traffic; auto is one per whole CPU this process may use',
    format: workers,
    value: 'auto' as const,
    reload: 'worker',
  }),
  'quota.cpus': setting({
    doc: 'Cores to count on, whatever the cgroups say: for limits that cannot be seen from within',
    format: cores,
    value: undefined,
    reload: 'worker',
  }),
  'quota.memory': setting({
    doc: 'Memory to count on, whatever the cgroups say',
    format: optional(bytes(32 * 2 ** 20, 2 ** 50)),
    value: undefined,
    reload: 'worker',
  }),
  'buffer.size': setting({
    doc: 'One write of a payload',
    format: bytes(64 * 2 ** 10, 4096 * 2 ** 10),
    value: 256 * 2 ** 10,
    reload: 'worker',
  }),
  'heap.profile': setting({
    doc: "How each worker's heap trades memory for fewer collections",
    format: choice('memory', 'balanced', 'throughput'),
    value: 'balanced' as const,
    reload: 'worker',
  }),
  'heap.oldMiB': setting({
    doc: 'Old generation of each worker; auto follows from the memory limit and the profile',
    format: autoOrMiB(24),
    value: 'auto' as const,
    reload: 'worker',
  }),
  'heap.youngMiB': setting({
    doc: 'Young generation of each worker; larger ones are collected less often',
    format: autoOrMiB(2),
    value: 'auto' as const,
    reload: 'worker',
  }),
  'log.level': setting({
    doc: 'Least level that is logged',
    format: choice('debug', 'info', 'warn', 'error', 'silent'),
    value: 'info' as const,
    reload: 'hot',
  }),
  'log.format': setting({
    doc: 'json for machines, pretty for people',
    format: choice('json', 'pretty'),
    value: 'json' as const,
    reload: 'hot',
  }),
  'log.requests': setting({
    doc: 'Log each request when it is over; lines nobody reads in time are given up and counted',
    format: flag,
    value: false,
    reload: 'hot',
  }),
  'memory.reportInterval': setting({
    doc: 'How often memory and garbage collection are logged; 0 is never',
    format: duration,
    value: 10_000,
    reload: 'hot',
  }),
  'stall.after': setting({
    doc: 'A worker without a sign of life for this long, of time it could have used, is counted as stalled and another started; 0 is never',
    format: duration,
    value: 5000,
    reload: 'hot',
  }),
  'stall.restart': setting({
    doc: 'After this long /livez is 503, so that Kubernetes restarts the pod; 0 is never',
    format: duration,
    value: 10_000,
    reload: 'hot',
  }),
  'drain.quiet': setting({
    doc: 'Draining ends its notice after this long without a new connection',
    format: duration,
    value: 2000,
    reload: 'hot',
  }),
  'drain.notice': setting({
    doc: 'Longest time we still accept while draining',
    format: duration,
    value: 10_000,
    reload: 'hot',
  }),
  'drain.deadline': setting({
    doc: 'Longest drain; connections left then are cut',
    format: duration,
    value: 30_000,
    reload: 'hot',
  }),
  'limits.delay': setting({
    doc: 'Longest delay or duration a client may ask',
    format: duration,
    value: 3_600_000,
    reload: 'hot',
  }),
  'limits.payload': setting({
    doc: 'Largest payload a client may ask',
    format: byteLimit,
    value: Number.POSITIVE_INFINITY,
    reload: 'hot',
  }),
  'limits.body': setting({
    doc: 'Largest request body of an endpoint that reads it',
    format: byteLimit,
    value: Number.POSITIVE_INFINITY,
    reload: 'hot',
  }),
  'limits.count': setting({
    doc: 'Most chunks, events or messages a client may ask',
    format: countLimit,
    value: 10_000_000,
    reload: 'hot',
  }),
  'limits.connections': setting({
    doc: 'Most connections at once, over all listeners and workers; auto is 262144, or what the open-file limit leaves; those that come then are closed at once',
    format: autoOrCount(1, 2 ** 30),
    value: 'auto' as const,
    reload: 'hot',
  }),
  'limits.connectionsPerIp': setting({
    doc: 'Most connections at once from one address, over all listeners and workers; 0 is any number',
    format: countLimit,
    value: 0,
    reload: 'hot',
  }),
  'limits.buffered': setting({
    doc: 'Bytes of clients held in memory at once, on all listeners: bodies, unfinished messages, unread answers; past it the largest holders are refused or cut; auto follows from the memory limit',
    format: autoOrBytes(2 ** 20, 2 ** 50),
    value: 'auto' as const,
    reload: 'hot',
  }),
  'limits.headerBytes': setting({
    doc: 'Largest request head; more is answered 431',
    format: bytes(1024, 2 ** 20),
    value: 64 * 2 ** 10,
    reload: 'process',
  }),
  'readiness.fullAfter': setting({
    doc: '/readyz is 503 once connections have been refused for this long without a pause; 0 is never',
    format: duration,
    value: 0,
    reload: 'hot',
  }),
  'echo.bodyLimit': setting({
    doc: 'How much of a body is echoed',
    format: bytes(0, 64 * 2 ** 20),
    value: 2 ** 20,
    reload: 'hot',
  }),
  'faults.enabled': setting({
    doc: 'All deliberate misbehaviour; false switches every fault off',
    format: flag,
    value: true,
    reload: 'hot',
  }),
  'kubernetes.watch': setting({
    doc: 'Where changes of the settings are heard of: the mounted file, the API server, or both',
    format: choice('file', 'api', 'both'),
    value: 'file' as const,
    reload: 'process',
  }),
  'kubernetes.configMap': setting({
    doc: 'ConfigMap that is watched through the API server: name, or namespace/name',
    format: kubernetesName,
    value: undefined,
    reload: 'process',
  }),
} as const

export type SettingName = keyof typeof settings

/** The effective settings, frozen, by name: `config['http.port']`. Times in ms, sizes in bytes. */
export type Config = {
  readonly [Name in SettingName]: (typeof settings)[Name] extends Setting<infer T> ? T : never
}

/** `http.port` is `HPDUMMY_HTTP_PORT`; camel case splits at its humps. */
export function environmentName(name: string): string {
  return `HPDUMMY_${words(name).join('_').toUpperCase()}`
}

/** `tls.selfSigned` is `--tls-self-signed`. */
export function flagName(name: string): string {
  return `--${words(name).join('-')}`
}

/** A value as its format writes it, or undefined when there is none. */
export function showSetting(name: SettingName, value: unknown): string | undefined {
  const row = settings[name] as unknown as Setting<unknown>
  return value === undefined ? undefined : row.format.show(value)
}

function words(name: string): readonly string[] {
  return name
    .replace('MiB', 'Mib')
    .replaceAll(/([A-Z])/g, '.$1')
    .toLowerCase()
    .split('.')
}
