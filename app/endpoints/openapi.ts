import type { Endpoint, Example, Parameter } from './endpoint.ts'
import { httpRows, wsRows } from './table.ts'

// What OpenAPI can express of "any method"; the others answer the same.
const anyMethod = ['get', 'post', 'put', 'delete', 'patch', 'options', 'head']

/** The OpenAPI 3.1 description of the HTTP endpoints, made of their rows. */
export function createOpenApi(version: string): object {
  const rows = [...httpRows, ...wsRows]
  return {
    openapi: '3.1.0',
    info: {
      title: 'hpdummy',
      version,
      description: 'The origin behind your proxy. Paths that are not listed answer like /.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths: Object.fromEntries(rows.flatMap((row) => pathItems(row))),
    components: { schemas: { Error: errorSchema } },
  }
}

const errorSchema = {
  type: 'object',
  required: ['error', 'code', 'request_id', 'timestamp'],
  properties: {
    error: { type: 'string' },
    code: { type: 'string' },
    request_id: { type: 'string' },
    timestamp: { type: 'integer', description: 'seconds since 1970' },
  },
}

type Row = Pick<Endpoint, 'id' | 'path' | 'summary' | 'parameters' | 'examples'> &
  Partial<Pick<Endpoint, 'methods' | 'reads'>>

// OpenAPI has no optional path parameter: such a row is two paths.
function pathItems(row: Row): readonly (readonly [path: string, item: object])[] {
  const full = row.path.replaceAll('?}', '}')
  const short = row.path.replace(/\/\{\w+\?\}$/, '')
  const paths = full === row.path ? [full] : [short, full]
  return paths.map((path, place) => {
    const methods = row.reads === undefined ? ['get'] : (row.methods ?? anyMethod)
    const operations = methods.map((method) => [
      method.toLowerCase(),
      operation(
        row,
        path,
        `${row.id}${place === 0 ? '' : '-with-parameter'}-${method.toLowerCase()}`,
      ),
    ])
    return [path, Object.fromEntries(operations) as object] as const
  })
}

function operation(row: Row, path: string, operationId: string): object {
  const statuses = [...new Set(row.examples.map(({ status }) => status))].toSorted((a, b) => a - b)
  return {
    operationId,
    summary: row.summary,
    parameters: Object.entries(row.parameters)
      .filter(([name, { in: place }]) => place === 'query' || path.includes(`{${name}}`))
      .map(([name, parameter]) => parameterObject(name, parameter)),
    responses: Object.fromEntries(
      statuses.map((status) => [status, response(status, row.examples)]),
    ),
  }
}

function parameterObject(name: string, { in: place, codec, doc }: Parameter): object {
  return {
    name,
    in: place,
    required: place === 'path',
    description: `${doc}; ${codec.allowed}`,
    schema: codec.schema,
  }
}

function response(status: number, examples: readonly Example[]): object {
  const example = examples.find((candidate) => candidate.status === status)
  const description = `as for ${example?.path}`
  const body = example?.expectBody
  const isRefusal = typeof body === 'object' && 'json' in body && 'code' in body.json
  if (!isRefusal) return { description }
  return {
    description,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  }
}
