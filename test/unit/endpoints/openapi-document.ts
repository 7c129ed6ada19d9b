import assert from 'node:assert/strict'

import { type OpenApiOptions, createOpenApi } from '../../../app/endpoints/openapi.ts'
import { type AdminParts, createAdminRoutes } from '../../../app/runtime/admin/routes.ts'

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly description: string
  readonly schema: Readonly<Record<string, unknown>>
}

/** What one status looks like. */
export interface Response {
  readonly description: string
  readonly headers?: object
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

/** One method of a path. */
export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>
}

type PathItem = { readonly [method: string]: Operation | undefined } & {
  readonly parameters?: readonly Parameter[]
  readonly description?: string
  readonly servers?: readonly { readonly url: string }[]
}

interface Document {
  readonly openapi: string
  readonly info: Readonly<Record<string, unknown>>
  readonly servers: readonly { readonly url: string; readonly description: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components: {
    readonly schemas: Readonly<Record<string, unknown>>
    readonly responses: Readonly<Record<string, Response>>
  }
}

/** What the document of these tests is made with. */
export const options: OpenApiOptions = {
  version: '1.2.3',
  host: 'origin.test',
  ports: { http: 8080, https: undefined, wire: 8081, wireTls: 8444, admin: 9000 },
  // Data until they are asked.
  adminRoutes: createAdminRoutes({} as AdminParts),
}

/** As a client gets it. */
export const document = JSON.parse(JSON.stringify(createOpenApi(options))) as Document

/** Every method that OpenAPI knows. */
export const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** An operation with its place and all of its parameters. */
export interface Found {
  readonly path: string
  readonly method: string
  readonly operation: Operation
  readonly parameters: readonly Parameter[]
}

/** Every operation of the document. */
export function operations(): readonly Found[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods
      .filter((method) => item[method] !== undefined)
      .map((method) => {
        const operation = item[method] as Operation
        const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])]
        return { path, method, operation, parameters }
      }),
  )
}

/** Whether it is on the traffic ports. */
export function isTraffic({ operation }: Found): boolean {
  return !operation.tags.includes('admin')
}

/** What a reference leads to. */
export function resolve(reference: string): unknown {
  const [root, ...steps] = reference.split('/')
  assert.equal(root, '#')
  return steps.reduce((at: unknown, step) => (at as Record<string, unknown>)[step], document)
}

/** What a status is described as: by itself, or by its class. */
export function responseOf({ responses }: Operation, status: number): Response | undefined {
  const found = responses[status] ?? responses[`${String(status)[0]}XX`]
  return found !== undefined && '$ref' in found ? (resolve(found.$ref) as Response) : found
}
