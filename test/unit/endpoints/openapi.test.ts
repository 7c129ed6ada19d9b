import assert from 'node:assert/strict'
import { test } from 'node:test'

import { httpRows, wsRows } from '../../../app/endpoints/table.ts'
import { noLimits } from '../../support/exchange.ts'
import {
  type Operation,
  document,
  isTraffic,
  methods,
  operations,
  options,
  resolve,
  responseOf,
} from './openapi-document.ts'

function templateNames(path: string): readonly string[] {
  return [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name)
}

test('it is OpenAPI 3.1 with the title and version of the origin', () => {
  assert.match(document.openapi, /^3\.1\.\d+$/)
  assert.equal(document.info['title'], 'hpdummy')
  assert.equal(document.info['version'], '1.2.3')
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
  const tags = new Set(document.tags.map(({ name }) => name))
  for (const { path, operation } of operations()) {
    assert.ok(operation.tags.length === 1 && tags.has(operation.tags[0] ?? ''), path)
    assert.match(operation.operationId, /^[\w-]+$/)
    assert.ok(operation.summary.length > 0)
  }
})

test('path parameters are declared where the path has them, and required; no other is', () => {
  for (const { path, method, parameters } of operations().filter(isTraffic)) {
    const declared = parameters.filter((parameter) => parameter.in === 'path')
    assert.deepEqual(
      declared.map(({ name }) => name).toSorted(),
      templateNames(path).toSorted(),
      `${method} ${path}`,
    )
    for (const parameter of parameters) {
      assert.ok(['path', 'query', 'header'].includes(parameter.in))
      assert.equal(parameter.required, parameter.in === 'path', `${path} ${parameter.name}`)
    }
  }
})

test('every parameter has a schema, a description and a name of its own in its operation', () => {
  const types = new Set(['string', 'integer', 'number', 'boolean'])
  for (const { path, parameters } of operations()) {
    const places = parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
    assert.equal(new Set(places).size, places.length, path)
    for (const { name, schema, description } of parameters) {
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
    const statuses = Object.keys(operation.responses)
    assert.ok(statuses.length > 0, `${method} ${path}`)
    for (const status of statuses) {
      assert.match(status, /^[1-5](?:\d\d|XX)$/)
      const { description } = responseOf(operation, Number(status.replace('XX', '00'))) ?? {}
      assert.ok(description !== undefined && description !== '', `${path} ${status}`)
      assert.doesNotMatch(description, /undefined/)
    }
  }
})

test('a default is a value of its own schema', () => {
  const defaults = operations().flatMap(({ path, parameters }) =>
    parameters
      .filter(({ schema }) => 'default' in schema)
      .map(({ name, schema }) => ({ at: `${path} ${name}`, schema })),
  )
  assert.ok(defaults.length > 0)
  for (const { at, schema } of defaults) {
    const { default: value, type, minimum, maximum, pattern } = schema
    if (type === 'integer') assert.ok(Number.isSafeInteger(value), at)
    else assert.equal(typeof value, type, at)
    if (minimum !== undefined) assert.ok(Number(value) >= Number(minimum), at)
    if (maximum !== undefined) assert.ok(Number(value) <= Number(maximum), at)
    if (typeof pattern === 'string') assert.match(String(value), new RegExp(pattern), at)
    if (Array.isArray(schema['enum'])) assert.ok(schema['enum'].includes(value), at)
  }
})

test("a default means what the row's own fallback means", () => {
  for (const row of [...httpRows, ...wsRows]) {
    for (const [name, { codec }] of Object.entries(row.parameters)) {
      const text = codec.schema['default'] as string | number | boolean | undefined
      if (text === undefined) continue
      const parsed = codec.parse(String(text), noLimits)
      assert.deepEqual(parsed, codec.fallback?.value, `${row.path} ${name}`)
    }
  }
})

test('what an example is answered with is described: status, media type and headers', () => {
  for (const row of [...httpRows, ...wsRows]) {
    const longest = row.path.replaceAll('?}', '}')
    for (const example of row.examples) {
      const item = document.paths[longest] ?? assert.fail(longest)
      const method = (example.method ?? 'GET').toLowerCase()
      // A refused method has no operation; the others say what becomes of it.
      const operation = item[method] ?? item['get'] ?? item['post'] ?? assert.fail(method)
      const response = responseOf(operation, example.status)
      assert.ok(response !== undefined, `${method} ${example.path}: ${example.status}`)
      const [type] = (example.expectHeaders?.['content-type'] ?? '').split(';')
      if (type !== '') assert.ok(response.content?.[type ?? ''], `${example.path}: ${type}`)
      const { expectBody } = example
      const isError =
        typeof expectBody === 'object' && 'json' in expectBody && 'code' in expectBody.json
      if (!isError) continue
      const { schema } = response.content?.['application/json'] ?? assert.fail(example.path)
      assert.match(JSON.stringify(schema), /#\/components\/schemas\/Error/, example.path)
    }
  }
})

test('what only the wire listener has is described as 501 elsewhere, with the wire ports as servers', () => {
  for (const row of httpRows.filter(({ examples }) => examples.some((one) => one.needsWire))) {
    const item = document.paths[row.path] ?? assert.fail(row.path)
    assert.ok(responseOf(item['get'] as Operation, 501), row.path)
  }
  for (const path of ['/trailers', '/early-hints', '/continue']) {
    const urls = document.paths[path]?.servers?.map(({ url }) => url)
    assert.deepEqual(urls, ['http://origin.test:8081', 'https://origin.test:8444'], path)
  }
  assert.equal(document.paths['/bin/{size}']?.servers, undefined)
})

test('the servers are the ports that are open, the fast one first; admin paths have their own', () => {
  const urls = document.servers.map(({ url }) => url)
  const expected = [
    'http://origin.test:8080',
    'http://origin.test:8081',
    'https://origin.test:8444',
  ]
  assert.deepEqual(urls, expected)
  for (const { path } of operations().filter((found) => !isTraffic(found))) {
    const own = document.paths[path]?.servers?.map(({ url }) => url)
    assert.deepEqual(own, ['http://origin.test:9000'], path)
  }
})

test('every page of the admin port that people are told of is described', () => {
  for (const { path, method, summary } of options.adminRoutes) {
    const item = document.paths[path]
    if (summary === '') assert.equal(item, undefined)
    else if (httpRows.some((row) => row.path === path))
      assert.ok(item?.description?.includes(summary))
    else assert.ok(item?.[method.toLowerCase()], path)
  }
})

test('every operation can succeed: with 2XX, a redirect, or 101 where it is a handshake', () => {
  for (const { path, operation } of operations()) {
    const success = operation.tags.includes('websocket') ? /^101$/ : /^(?:2(?:\d\d|XX)|30[1-8])$/
    assert.ok(
      Object.keys(operation.responses).some((status) => success.test(status)),
      path,
    )
  }
})

test('methods with a body take any where the row reads it, and HEAD is answered without', () => {
  for (const { path, method, operation } of operations().filter(isTraffic)) {
    const row = httpRows.find((one) => operation.operationId.startsWith(`${one.id}-`))
    const takesBody = row?.reads !== 'nothing' && ['post', 'put', 'patch'].includes(method)
    assert.equal(operation.requestBody !== undefined, row !== undefined && takesBody, path)
    if (method === 'head') assert.doesNotMatch(JSON.stringify(operation.responses), /"content"/)
  }
})

test('every reference leads somewhere, and every component is referred to', () => {
  const text = JSON.stringify(document)
  const references = new Set([...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, one = '']) => one))
  assert.ok(references.size > 0)
  for (const reference of references) assert.equal(typeof resolve(reference), 'object', reference)
  for (const kind of ['schemas', 'responses'] as const) {
    for (const name of Object.keys(document.components[kind])) {
      assert.ok(references.has(`#/components/${kind}/${name}`), name)
    }
  }
})

test('every row is there, with and without its optional parameter', () => {
  const paths = new Set(
    operations()
      .filter(isTraffic)
      .map(({ path }) => path),
  )
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
    const shown = methods.filter((method) => item[method] !== undefined)
    assert.deepEqual(shown.toSorted(), expected.toSorted(), row.path)
  }
})

test('the ids of rows are unique', () => {
  const ids = [...httpRows, ...wsRows].map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
})
