import type * as Grpc from '@grpc/grpc-js'
import type {
  MessageTypeDefinition,
  PackageDefinition,
  ProtobufTypeDefinition,
} from '@grpc/proto-loader'

import { grpcStatuses } from '../../errors.ts'
import { type FileDescriptor, repairDescriptor } from './descriptors.ts'
import { loadForReflection } from './protos.ts'

/** The part of a server that services are added to. */
export type Adding = Pick<Grpc.Server, 'addService'>

/** What answers a method, by the method's path. */
type Handlers = ReadonlyMap<string, Grpc.UntypedHandleCall>

let handlers: Promise<Handlers> | undefined

/**
 * Adds both versions of reflection. Their answers are put together at the first request, because that takes 0.1 s of a
 * thread's start and proxies never use them.
 */
export async function addReflection(adding: Adding): Promise<void> {
  const { ReflectionService } = await import('@grpc/reflection')
  const definitions: Grpc.ServiceDefinition[] = []
  new ReflectionService({}).addToServer({
    addService: (definition) => definitions.push(definition),
  })
  for (const definition of definitions) {
    const methods = Object.entries(definition).map(([name, { path }]) => {
      const handle = (stream: Grpc.ServerDuplexStream<unknown, unknown>): void => {
        handlers ??= createHandlers(definitions)
        handlers.then(
          // Both of its versions have one method, which is a stream both ways.
          (found) => (found.get(path) as (call: typeof stream) => void)(stream),
          ({ message }: Error) => {
            stream.emit('error', { code: grpcStatuses.INTERNAL, details: message })
          },
        )
      }
      return [name, handle] as const
    })
    adding.addService(definition, Object.fromEntries(methods))
  }
}

/** Reflection of our services, health and reflection itself. */
async function createHandlers(own: readonly Grpc.ServiceDefinition[]): Promise<Handlers> {
  const { ReflectionService } = await import('@grpc/reflection')
  const { service: health } = await import('grpc-health-check')
  const { services, types } = await loadForReflection()
  const { deserialize, serialize } = descriptorCodec(types)
  // Services of one package bring the same file.
  const files = new Map<string, Buffer>()
  for (const definition of [...Object.values(services), health, ...own]) {
    for (const file of filesOf(definition)) files.set(file.toString('latin1'), file)
  }
  const repaired = [...files.values()].map((bytes) => {
    const file = deserialize(bytes)
    repairDescriptor(file)
    return serialize(file)
  })
  // It searches the values for file descriptors, and reads nothing else.
  const all = { all: { fileDescriptorProtos: repaired } } as unknown as PackageDefinition
  const found = new Map<string, Grpc.UntypedHandleCall>()
  new ReflectionService(all).addToServer({
    addService(definition, implementation) {
      for (const [name, { path }] of Object.entries(definition)) {
        const handle = implementation[name]
        if (handle !== undefined) found.set(path, handle)
      }
    },
  })
  return found
}

/** What reads and writes descriptors. */
function descriptorCodec(
  types: PackageDefinition,
): MessageTypeDefinition<FileDescriptor, FileDescriptor> {
  const name = 'google.protobuf.FileDescriptorProto'
  const found = types[name]
  if (found === undefined || !('deserialize' in found)) throw new Error(`${name} is not there`)
  // descriptor.proto, whose form has not changed since the first protobuf.
  return found as MessageTypeDefinition<FileDescriptor, FileDescriptor>
}

/** Set by the loader of .proto files, and left out of the types of grpc-js. */
function filesOf(definition: Grpc.ServiceDefinition): readonly Buffer[] {
  return Object.values(definition).flatMap((method) => {
    const { requestType } = method as { readonly requestType?: ProtobufTypeDefinition }
    return requestType?.fileDescriptorProtos ?? []
  })
}
