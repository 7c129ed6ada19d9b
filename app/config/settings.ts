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
  hp,
  kubernetesName,
  names,
  optional,
  scenario,
  text,
  workers,
} from './formats.ts'
import { type Setting, setting } from './setting.ts'
import { evidenceSettings } from './settings/evidence.ts'
import { identitySettings } from './settings/identity.ts'
import { listenerSettings } from './settings/listeners.ts'
import { networkSettings } from './settings/network.ts'
import { workSettings } from './settings/work.ts'

/** Every setting once. The name is its path in a file; environment variable and flag are derived from it. */
export const settings = {
  config: setting({
    doc: 'File with settings (YAML or JSON), or a directory of such files or of files that are named like settings',
    format: text,
    value: undefined,
    reload: 'none',
  }),
  ...listenerSettings,
  ...networkSettings,
  ...workSettings,
  ...identitySettings,
  ...evidenceSettings,
  workers: setting({
    doc: 'Threads that serve traffic; auto: one for each whole CPU that this process may use',
    format: workers,
    value: 'auto' as const,
    reload: 'worker',
  }),
  'quota.cpus': setting({
    doc: 'CPU cores to plan with, whatever the cgroups say; for limits that the process cannot see',
    format: cores,
    value: undefined,
    reload: 'worker',
  }),
  'quota.memory': setting({
    doc: 'Memory to plan with, whatever the cgroups say',
    format: optional(bytes(32 * 2 ** 20, 2 ** 50)),
    value: undefined,
    reload: 'worker',
  }),
  'buffer.size': setting({
    doc: 'Size of one write of a payload',
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
    doc: "Old generation of each worker's heap; auto: computed from the memory limit and the profile",
    format: autoOrMiB(24),
    value: 'auto' as const,
    reload: 'worker',
  }),
  'heap.youngMiB': setting({
    doc: "Young generation of each worker's heap; a larger one is collected less often",
    format: autoOrMiB(2),
    value: 'auto' as const,
    reload: 'worker',
  }),
  'log.level': setting({
    doc: 'Lowest level that is logged',
    format: choice('debug', 'info', 'warn', 'error', 'silent'),
    value: 'info' as const,
    reload: 'hot',
  }),
  'log.format': setting({
    doc: 'json for machines, pretty for people; auto: pretty on a terminal, json elsewhere',
    format: choice('auto', 'json', 'pretty'),
    value: 'auto' as const,
    reload: 'hot',
  }),
  'log.requests': setting({
    doc: 'Log each request when it ends; lines that are not read in time are dropped and counted',
    format: flag,
    value: false,
    reload: 'hot',
  }),
  'memory.reportInterval': setting({
    doc: 'How often memory and garbage collection are logged; 0: never',
    format: duration,
    value: 10_000,
    reload: 'hot',
  }),
  'stall.after': setting({
    doc: 'A worker that shows no sign of life for this long, although it had CPU time, counts as stalled and another is started; 0: never',
    format: duration,
    value: 5000,
    reload: 'hot',
  }),
  'stall.restart': setting({
    doc: 'When a worker is stalled for this long, /livez answers 503, so that Kubernetes restarts the pod; 0: never',
    format: duration,
    value: 10_000,
    reload: 'hot',
  }),
  'drain.quiet': setting({
    doc: 'While draining, the origin stops accepting after this long without a new connection',
    format: duration,
    value: 2000,
    reload: 'hot',
  }),
  'drain.notice': setting({
    doc: 'While draining, the origin accepts connections for at most this long',
    format: duration,
    value: 10_000,
    reload: 'hot',
  }),
  'drain.deadline': setting({
    doc: 'Longest drain; connections that are still open then are cut',
    format: duration,
    value: 30_000,
    reload: 'hot',
  }),
  'limits.delay': setting({
    doc: 'Longest delay or duration that a client may ask for',
    format: duration,
    value: 3_600_000,
    reload: 'hot',
  }),
  'limits.payload': setting({
    doc: 'Largest payload that a client may ask for',
    format: byteLimit,
    value: Number.POSITIVE_INFINITY,
    reload: 'hot',
  }),
  'limits.body': setting({
    doc: 'Largest request body that an endpoint reads',
    format: byteLimit,
    value: Number.POSITIVE_INFINITY,
    reload: 'hot',
  }),
  'limits.count': setting({
    doc: 'Largest number of chunks, events or messages that a client may ask for',
    format: countLimit,
    value: 10_000_000,
    reload: 'hot',
  }),
  'limits.connections': setting({
    doc: 'Largest number of open connections, over all listeners and workers; further ones are closed immediately; auto: 262144, or what the open-file limit leaves',
    format: autoOrCount(1, 2 ** 30),
    value: 'auto' as const,
    reload: 'hot',
  }),
  'limits.connectionsPerIp': setting({
    doc: 'Largest number of open connections from one address, over all listeners and workers; 0: no limit',
    format: countLimit,
    value: 0,
    reload: 'hot',
  }),
  'limits.buffered': setting({
    doc: "Memory for clients' bytes, on all listeners: bodies, unfinished messages, unread answers; when it is full, the clients that hold most are refused or cut; auto: computed from the memory limit",
    format: autoOrBytes(2 ** 20, 2 ** 50),
    value: 'auto' as const,
    reload: 'hot',
  }),
  'limits.headerBytes': setting({
    doc: 'Largest request head; a larger one is answered 431',
    format: bytes(1024, 2 ** 20),
    value: 64 * 2 ** 10,
    reload: 'process',
  }),
  'readiness.fullAfter': setting({
    doc: '/readyz answers 503 once connections have been refused for this long without a pause; 0: never',
    format: duration,
    value: 0,
    reload: 'hot',
  }),
  'query.ignored': setting({
    doc: 'Query parameters that endpoints ignore; other unknown ones are refused, except names that start with _, utm_ or hp-',
    format: names,
    value: undefined,
    reload: 'hot',
  }),
  'echo.bodyLimit': setting({
    doc: 'How many bytes of a body are echoed',
    format: bytes(0, 64 * 2 ** 20),
    value: 2 ** 20,
    reload: 'hot',
  }),
  'echo.unknownPaths': setting({
    doc: 'How unknown paths are answered: with the echo, or with 404',
    format: choice('echo', '404'),
    value: 'echo' as const,
    reload: 'hot',
  }),
  'faults.enabled': setting({
    doc: 'Deliberate misbehaviour; false switches every fault off',
    format: flag,
    value: true,
    reload: 'hot',
  }),
  'defaults.hp': setting({
    doc: 'Faults for every HTTP request and gRPC call, written as in the header X-HP: delay=10ms:5; status=503:1',
    format: optional(hp),
    value: undefined,
    reload: 'hot',
  }),
  scenario: setting({
    doc: 'A scenario: steps of faults, each for a time, that starts when the setting is read; PUT /scenario replaces it (docs/faults.md)',
    format: optional(scenario),
    value: undefined,
    reload: 'hot',
  }),
  'evidence.headers': setting({
    doc: 'Every answer has the evidence headers: who answered (X-HP-Pod), on which connection, how long it took, what was done to it on purpose; those to requests with X-HP-Id always have them',
    format: flag,
    value: false,
    reload: 'hot',
  }),
  'kubernetes.watch': setting({
    doc: 'Where changes of settings are watched: the mounted file, the API server, or both',
    format: choice('file', 'api', 'both'),
    value: 'file' as const,
    reload: 'process',
  }),
  'kubernetes.configMap': setting({
    doc: 'ConfigMap to watch through the API server: name, or namespace/name',
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

/** A value in its format's text, or undefined when there is none. */
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
