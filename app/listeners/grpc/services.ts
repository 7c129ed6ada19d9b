import { createRequire } from 'node:module'

import type * as Grpc from '@grpc/grpc-js'

import { type GrpcEndpoint, serviceOf } from '../../endpoints/grpc/grpc-endpoint.ts'
import { type CountElements, elementCounter } from './elements.ts'
import type { GrpcLibrary } from './library.ts'
import { loadProtos } from './protos.ts'
import { type Adding, addReflection } from './reflection.ts'

// Not import(): what it could not load once, for want of a file, it never tries again. And on a machine at load 20, while
// other imports require the same package, what it gave lacked logVerbosity.
const require = createRequire(import.meta.url)

/** Encodes and decodes the messages of one method; either throws when it cannot. */
export interface MessageCodec {
  readonly decode: (bytes: Buffer) => object
  readonly encode: (message: object) => Buffer
  /** Of an encoded request; undefined where it has no repeated field. */
  readonly countElements?: CountElements
}

/** The services of a server, as far as the listener still uses them. */
export interface Services {
  /** By the method's path. */
  readonly codecs: ReadonlyMap<string, MessageCodec>
  /** Says NOT_SERVING for every service. */
  readonly stopServing: () => void
}

/**
 * Adds the services of all rows to the server, with health and reflection. Throws when rows and .proto
 * files do not have the same methods.
 */
export async function addServices(
  server: Grpc.Server,
  rows: readonly GrpcEndpoint[],
): Promise<Services> {
  const codecs = new Map<string, MessageCodec>()
  const { services, types } = await loadProtos()
  const adding: Adding = {
    addService: (definition, implementation) =>
      server.addService(asBytes(definition, codecs), implementation),
  }
  // Our own methods never reach their implementation: the listener's interceptor answers before.
  for (const definition of Object.values(services)) adding.addService(definition, {})
  for (const { path, requestType } of Object.values(services).flatMap(methodsOf)) {
    const names = [path.slice(1, path.lastIndexOf('.')), requestType.type.name] as const
    const codec = codecs.get(path)
    const countElements = elementCounter(types, names)
    if (codec !== undefined && countElements !== undefined)
      codecs.set(path, { ...codec, countElements })
  }
  const stopServing = await addHealth(adding, [...new Set(rows.map(serviceOf))])
  await addReflection(adding)
  checkRows(rows, codecs)
  return { codecs, stopServing }
}

async function addHealth(adding: Adding, names: readonly string[]): Promise<() => void> {
  const { HealthImplementation } = await import('grpc-health-check')
  // The empty name is the server as a whole.
  const all = ['', ...names]
  const health = new HealthImplementation(
    Object.fromEntries(all.map((name) => [name, 'SERVING'] as const)),
  )
  health.addToServer(adding)
  return () => {
    for (const name of all) health.setStatus(name, 'NOT_SERVING')
  }
}

/** The loader sets it, and omits it from its types. */
interface TypedMethod {
  readonly path: string
  readonly requestType: { readonly type: { readonly name: string } }
}

function methodsOf(definition: Grpc.ServiceDefinition): readonly TypedMethod[] {
  return Object.values(definition) as unknown as readonly TypedMethod[]
}

function same(bytes: Buffer): Buffer {
  return bytes
}

/** The same service with bytes for messages. The codecs of its messages go to `codecs`. */
function asBytes(
  definition: Grpc.ServiceDefinition,
  codecs: Map<string, MessageCodec>,
): Grpc.ServiceDefinition {
  const methods = Object.entries(definition).map(([name, method]) => {
    codecs.set(method.path, { decode: method.requestDeserialize, encode: method.responseSerialize })
    return [name, { ...method, requestDeserialize: same, responseSerialize: same }] as const
  })
  return Object.fromEntries(methods)
}

function checkRows(rows: readonly GrpcEndpoint[], codecs: ReadonlyMap<string, unknown>): void {
  const paths = new Set(rows.map(({ path }) => path))
  const missing = [...codecs.keys()].filter((path) => !paths.has(path))
  const unknown = [...paths].filter((path) => !codecs.has(path))
  if (missing.length + unknown.length === 0) return
  throw new Error(
    `the .proto files and the table of gRPC methods differ: without a row ${missing.join(', ') || 'none'}, without a contract ${unknown.join(', ') || 'none'}`,
  )
}

/** Loads the package. What it would write to standard error is discarded, because clients could cause it. */
export function loadLibrary(): GrpcLibrary {
  const library = require('@grpc/grpc-js') as GrpcLibrary
  library.setLogVerbosity(library.logVerbosity.NONE)
  return library
}
