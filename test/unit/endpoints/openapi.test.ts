import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createOpenApi } from '../../../app/endpoints/openapi.ts'
import { httpRows, wsRows } from '../../../app/endpoints/table.ts'

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly description: string
  readonly schema: Readonly<Record<string, unknown>>
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters: readonly Parameter[]
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: object }>
  >
}

interface Document {
  readonly openapi: string
  readonly info: Readonly<Record<string, unknown>>
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

// As a client gets it.
const document = JSON.parse(JSON.stringify(createOpenApi('1.2.3'))) as Document

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

function operations(): readonly { path: string; method: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  )
}

function templateNames(path: string): readonly string[] {
  return [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name)
}

test('it is OpenAPI 3.1 with the title and version of the origin', () => {
  assert.match(document.openapi, /^3\.1\.\d+$/)
  assert.equal(document.info['title'], 'hpdummy')
  assert.equal(document.info['version'], '1.2.3')
  assert.deepEqual(Object.keys(document).toSorted(), ['components', 'info', 'openapi', 'paths'])
})

test('paths start with a slash, name each parameter once and are not the same but for its name', () => {
  const paths = Object.keys(document.paths)
  for (const path of paths) {
    assert.match(path, /^\/(?:[\w.-]+|\{\w+\})?(?:\/(?:[\w.-]+|\{\w+\}))*$/)
    assert.equal(new Set(templateNames(path)).size, templateNames(path).length, path)
  }
  const shapes = paths.map((path) => path.replaceAll(/\{\w+\}/g, '{}'))
  assert.equal(new Set(shapes).size, shapes.length)
})

test('every operation has a method OpenAPI knows, an id of its own and a summary', () => {
  const ids = operations().map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const { path, method, operation } of operations()) {
    assert.ok(methods.includes(method), `${method} ${path}`)
    assert.match(operation.operationId, /^[\w-]+$/)
    assert.ok(operation.summary.length > 0)
  }
})

test('path parameters are declared where the path has them, and required; no other is', () => {
  for (const { path, method, operation } of operations()) {
    const declared = operation.parameters.filter((parameter) => parameter.in === 'path')
    assert.deepEqual(
      declared.map(({ name }) => name).toSorted(),
      templateNames(path).toSorted(),
      `${method} ${path}`,
    )
    for (const parameter of operation.parameters) {
      assert.ok(parameter.in === 'path' || parameter.in === 'query')
      assert.equal(parameter.required, parameter.in === 'path', `${path} ${parameter.name}`)
    }
  }
})

test('every parameter has a schema, a description and a name of its own in its operation', () => {
  const types = new Set(['string', 'integer', 'number', 'boolean'])
  for (const { path, operation } of operations()) {
    const places = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
    assert.equal(new Set(places).size, places.length, path)
    for (const { name, schema, description } of operation.parameters) {
      assert.ok(types.has(String(schema['type'])), `${path} ${name}`)
      assert.ok(description.length > 0)
      if (typeof schema['pattern'] === 'string') assert.ok(new RegExp(schema['pattern']))
    }
  }
})

test('a query parameter without a fallback would be required, and there is none', () => {
  for (const row of [...httpRows, ...wsRows]) {
    for (const [name, { in: place, codec }] of Object.entries(row.parameters)) {
      if (place === 'query') assert.ok(codec.fallback !== undefined, `${row.path} ${name}`)
    }
  }
})

test('every operation has a response, each with a status and a description', () => {
  for (const { path, method, operation } of operations()) {
    const responses = Object.entries(operation.responses)
    assert.ok(responses.length > 0, `${method} ${path}`)
    for (const [status, { description }] of responses) {
      assert.match(status, /^[1-5]\d\d$/)
      assert.ok(description.length > 0 && !description.includes('undefined'))
    }
  }
})

test('a refused parameter is described as an error', () => {
  const { responses } = document.paths['/bin/{size}']?.['get'] ?? assert.fail('no /bin')
  const schema = { $ref: '#/components/schemas/Error' }
  assert.deepEqual(responses['400']?.content, { 'application/json': { schema } })
  assert.equal(responses['200']?.content, undefined)
})

test('what is described as an error is one in its example', () => {
  for (const row of httpRows) {
    const item = document.paths[row.path.replaceAll('?}', '}')] ?? {}
    for (const { path, status, expectBody } of row.examples) {
      const isError =
        typeof expectBody === 'object' && 'json' in expectBody && 'code' in expectBody.json
      const content = item['get']?.responses[status]?.content
      assert.equal(content !== undefined, isError, path)
    }
  }
})

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)]
  assert.ok(references.length > 0)
  for (const [, reference = ''] of references) {
    const steps = reference.split('/')
    assert.equal(steps.shift(), '#')
    let at: unknown = document
    for (const step of steps) at = (at as Record<string, unknown>)[step]
    assert.equal(typeof at, 'object', reference)
  }
})

test('every row is there, with and without its optional parameter', () => {
  const paths = new Set(Object.keys(document.paths))
  const expected = new Set<string>()
  for (const { path } of [...httpRows, ...wsRows]) {
    expected.add(path.replaceAll('?}', '}'))
    if (path.endsWith('?}')) expected.add(path.slice(0, path.lastIndexOf('/')))
  }
  assert.deepEqual([...paths].toSorted(), [...expected].toSorted())
})

test('a row that allows all methods shows all but TRACE, one that allows some shows those', () => {
  for (const row of httpRows) {
    const item = document.paths[row.path.replaceAll('?}', '}')] ?? {}
    const allowed = row.methods?.map((method) => method.toLowerCase())
    const expected = allowed ?? methods.filter((method) => method !== 'trace')
    assert.deepEqual(Object.keys(item).toSorted(), expected.toSorted(), row.path)
  }
})

test('the ids of rows are unique', () => {
  const ids = [...httpRows, ...wsRows].map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
})
