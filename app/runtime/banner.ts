import type { Origins } from '../config/load.ts'
import { type PortName, portNames, ports as rows } from '../config/ports.ts'
import { type Config, type SettingName, settings, showSetting } from '../config/settings.ts'
import type { Ports } from './messages.ts'
import { hostForUrl } from './ports.ts'
import type { Fleet } from './workers/fleet.ts'

/** What the banner shows of an origin that has just become ready. */
export interface Readiness {
  readonly config: Config
  readonly origins: Origins
  readonly version: string
  readonly fleet: Pick<Fleet, 'quota' | 'size'>
  readonly ports: Ports & { readonly admin: number }
}

// What a client may do there, for each kind of port.
const speaks: Readonly<Record<(typeof rows)[PortName]['kind'], string>> = {
  fast: 'HTTP/1.1 and WebSocket, as fast as it gets',
  wire: 'HTTP/1.0, HTTP/1.1, HTTP/2, WebSocket, to the byte',
  grpc: 'gRPC',
  tcp: 'TCP',
  udp: 'UDP',
}

/** The settings that differ from their defaults, without secrets. */
export function changedNames({
  config,
  origins,
}: Pick<Readiness, 'config' | 'origins'>): readonly SettingName[] {
  return (Object.keys(config) as SettingName[]).filter(
    (name) => origins[name] !== 'default' && settings[name].isSecret !== true,
  )
}

/** What a person sees on the terminal when the origin is ready: which address serves what, and how to stop it. */
export function bannerText(readiness: Readiness): string {
  const { config, version, fleet, ports } = readiness
  const host = hostForUrl(config['http.host'])
  const adminUrl = `http://${hostForUrl(config['admin.host'])}:${ports.admin}`
  const lines = [
    ...portNames.flatMap((name) => lineOf(name, host, ports[name])),
    ['dashboard', `${adminUrl}/dashboard`, 'is the origin the bottleneck?'] as const,
    ['metrics', `${adminUrl}/metrics`, 'for Prometheus'] as const,
  ]
  const [nameWidth, urlWidth] = [0, 1].map((at) => longest(lines.map((line) => line[at] ?? '')))
  const table = lines.map(
    ([name, url, text]) =>
      `  ${name.padEnd(nameWidth ?? 0)}  ${url.padEnd(urlWidth ?? 0)}  ${text}`,
  )
  const { workers } = fleet.size
  const changed = changedNames(readiness).map(
    (name) => `${name}=${showSetting(name, config[name]) ?? ''}`,
  )
  return `
hpdummy ${version} is ready: ${workers} ${workers === 1 ? 'worker' : 'workers'}, process ${process.pid}

${table.join('\n')}
${changed.length === 0 ? '' : `\nSettings  ${changed.join(' ')}\n`}
Try  curl http://${host}:${ports.http}/help
Ctrl-C drains, twice ends at once.

`
}

type Line = readonly [name: string, url: string, text: string]

function lineOf(name: PortName, host: string, port: number | undefined): readonly Line[] {
  if (port === undefined) return []
  const { kind, isTls } = rows[name]
  const isHttp = kind === 'fast' || kind === 'wire'
  const scheme = isTls ? 'https://' : 'http://'
  const text = `${speaks[kind]}${isTls && !isHttp ? ' over TLS' : ''}`
  return [[name, `${isHttp ? scheme : ''}${host}:${port}`, text]]
}

function longest(texts: readonly string[]): number {
  return Math.max(...texts.map(({ length }) => length))
}
