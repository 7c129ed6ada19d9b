import { fileURLToPath } from 'node:url'

import type * as Grpc from '@grpc/grpc-js'
import type { Options, PackageDefinition } from '@grpc/proto-loader'

/** The loader's result: services, and the formats of every message and enumeration. */
export interface Protos {
  readonly services: Readonly<Record<string, Grpc.ServiceDefinition>>
  readonly types: PackageDefinition
}

const folder = fileURLToPath(new URL('../../../proto/', import.meta.url))

const files = [
  'echo.proto',
  'hpdummy/v1/origin.proto',
  'grpc/testing/test.proto',
  'grpc/testing/benchmark_service.proto',
]

// There is no such file: protobufjs has it built in and recognizes it by the end of its path.
const descriptorFile = `${folder}google/protobuf/descriptor.proto`

let ours: Promise<Protos> | undefined

/**
 * Our own contracts, loaded once in a thread: fields in camel case, 64-bit numbers as text, which keeps
 * them exact.
 */
export function loadProtos(): Promise<Protos> {
  ours ??= load(files, { longs: String, defaults: true, oneofs: true })
  return ours
}

/** The same with fields as the files name them, and with google.protobuf's descriptors. */
export function loadForReflection(): Promise<Protos> {
  return load([...files, descriptorFile], { keepCase: true })
}

async function load(names: string[], options: Options): Promise<Protos> {
  const loader = await import('@grpc/proto-loader')
  const types = await loader.load(names, { includeDirs: [folder], ...options })
  const services = Object.entries(types).filter(([, definition]) => !('format' in definition))
  return {
    types,
    // Only messages and enumerations have a format; the rest are services.
    services: Object.fromEntries(services) as Record<string, Grpc.ServiceDefinition>,
  }
}
