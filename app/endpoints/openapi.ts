import { type Described, type Schema, groups } from './answers.ts'
import { type AdminDescription, adminPaths } from './openapi-admin.ts'
import { type DescribedRow, type Responses, pathItem } from './openapi-operations.ts'
import { httpRows, wsRows } from './table.ts'
import type { WsEndpoint } from './ws/ws-endpoint.ts'

/** What the description of a running origin depends on. */
export interface OpenApiOptions {
  readonly version: string
  /** The host in a URL: a name, an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string
  /** The ports that are open. */
  readonly ports: Readonly<Partial<Record<ServerName | 'grpc' | 'admin', number | undefined>>>
  readonly adminRoutes: readonly AdminDescription[]
}

type ServerName = keyof typeof trafficServers

// Generated clients use the first one that is open.
const trafficServers = {
  http: { scheme: 'http', description: 'Fast listener: HTTP/1.1' },
  https: { scheme: 'https', description: 'Fast listener over TLS' },
  wire: { scheme: 'http', description: 'Wire listener: HTTP/1.0, HTTP/1.1 and HTTP/2' },
  wireTls: { scheme: 'https', description: 'Wire listener over TLS' },
} as const

const description =
  'The origin behind your proxy. Paths that are not listed answer like /. ' +
  'gRPC describes itself by reflection; TCP and UDP are in docs/protocols.md.'

/** The OpenAPI 3.1 description of the HTTP endpoints and the admin port, made of their rows. */
export function createOpenApi(options: OpenApiOptions): object {
  const schemas = new Map<string, object>()
  const responses: Responses = new Map()
  const paths = hoist({ ...trafficPaths(options, responses), ...adminOnlyPaths(options) }, schemas)
  const shared = hoist(Object.fromEntries(responses), schemas)
  return {
    openapi: '3.1.0',
    info: {
      title: 'hpdummy',
      version: options.version,
      description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: serversOf(options, ['http', 'https', 'wire', 'wireTls']),
    tags: Object.entries(groups).map(([name, text]) => ({ name, description: text })),
    security: [],
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      responses: shared,
      securitySchemes: {
        adminToken: { type: 'http', scheme: 'bearer', description: 'The setting admin.token' },
      },
    },
  }
}

function trafficPaths(options: OpenApiOptions, responses: Responses): object {
  const wire = serversOf(options, ['wire', 'wireTls'])
  const items = rows.flatMap((row) =>
    pathsOf(row).map((path, place) => {
      const id = place === 0 ? row.id : `${row.id}-with-parameter`
      // A document has one item for a path, and clients are generated for the traffic port's item.
      const other = options.adminRoutes.find((route) => route.path === path)
      const item = {
        ...(other && { description: `On the admin port: ${other.summary}` }),
        ...(isWireOnly(row) && wire.length > 0 && { servers: wire }),
        ...pathItem(row, { path, id, responses }),
      }
      return [path, item] as const
    }),
  )
  return Object.fromEntries(items)
}

function adminOnlyPaths(options: OpenApiOptions): object {
  const { host, ports, adminRoutes } = options
  const taken = new Set(rows.flatMap(pathsOf))
  const servers = [{ url: `http://${host}:${ports.admin}`, description: 'Admin port' }]
  const items = adminPaths(adminRoutes.filter(({ path }) => !taken.has(path)))
  return Object.fromEntries(items.map(([path, item]) => [path, { servers, ...item }]))
}

function serversOf({ host, ports }: OpenApiOptions, names: readonly ServerName[]): object[] {
  return names.flatMap((name) => {
    const port = ports[name]
    const { scheme, description: text } = trafficServers[name]
    return port === undefined ? [] : [{ url: `${scheme}://${host}:${port}`, description: text }]
  })
}

// OpenAPI has no optional path parameter, so such a row becomes two paths.
function pathsOf({ path }: DescribedRow): readonly string[] {
  const full = path.replaceAll('?}', '}')
  return full === path ? [full] : [path.replace(/\/\{\w+\?\}$/, ''), full]
}

function isWireOnly({ examples }: DescribedRow): boolean {
  const answered = examples.filter(({ status }) => status < 300)
  return answered.length > 0 && answered.every(({ needsWire }) => needsWire === true)
}

const handshake: Described = {
  group: 'websocket',
  answers: { 101: { description: 'The WebSocket is open (RFC 6455 4.2.2)' } },
  refusals: ['INVALID_REQUEST'],
}

function describedWs(row: WsEndpoint): DescribedRow {
  return { ...row, ...handshake, methods: ['GET'], reads: 'nothing' }
}

const rows: readonly DescribedRow[] = [...httpRows, ...wsRows.map((row) => describedWs(row))]

/** Puts each schema with a title among `schemas`, and a reference to it where it was. */
function hoist(value: unknown, schemas: Map<string, object>): unknown {
  if (Array.isArray(value)) return value.map((item) => hoist(item, schemas))
  if (typeof value !== 'object' || value === null) return value
  const inside = Object.fromEntries(
    Object.entries(value as Schema).map(([name, item]) => [name, hoist(item, schemas)]),
  )
  const { title, ...schema } = inside
  if (typeof title !== 'string') return inside
  schemas.set(title, schema)
  return { $ref: `#/components/schemas/${title}` }
}
