import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Exchange, Reply } from '../../../../app/endpoints/endpoint.ts'
import { bin } from '../../../../app/endpoints/http/bin.ts'
import { createBindTarget } from '../../../../app/endpoints/target.ts'
import { OriginError } from '../../../../app/errors.ts'
import { createFakeExchange, noLimits } from '../../../support/exchange.ts'

const bind = createBindTarget(bin)

/** What /bin answers to a target, without a listener. */
async function answer(target: string, given: Partial<Exchange> = {}): Promise<Reply> {
  const [path = '', query = ''] = target.split('?')
  return bin.handle(createFakeExchange({ ...given, path, query }), bind(path, query, noLimits))
}

function headerOf(reply: Reply, name: string): string | undefined {
  return reply.headers.find(([key]) => key.toLowerCase() === name)?.[1]
}

/** The body as it would go out. */
function bytesOf({ body }: Reply): Buffer {
  if (body.kind === 'bytes') return Buffer.from(body.bytes)
  assert.ok(body.kind === 'sized')
  const pieces: Buffer[] = []
  for (let offset = body.start; offset < body.end;) {
    const slice = body.payload.slice(offset, body.end - offset)
    pieces.push(Buffer.from(slice))
    offset += slice.length
  }
  return Buffer.concat(pieces)
}

const range = (text: string): Partial<Exchange> => ({ headers: ['range', text] })

test('a range is 206 with those bytes and their position', async () => {
  const reply = await answer('/bin/100', range('bytes=34-37'))
  assert.equal(reply.status, 206)
  assert.equal(headerOf(reply, 'content-range'), 'bytes 34-37/100')
  assert.equal(bytesOf(reply).toString(), '89AB')
})

test('an unsatisfiable range is 416 with the length of the payload', async () => {
  const reply = await answer('/bin/100', range('bytes=100-'))
  assert.equal(reply.status, 416)
  assert.equal(headerOf(reply, 'content-range'), 'bytes */100')
  assert.equal(bytesOf(reply).length, 0)
})

test('a range of a chunked, encrypted or hashed body is ignored', async () => {
  for (const query of ['chunked=true', 'cipher=aes-128-cbc', 'hash=sha256']) {
    const reply = await answer(`/bin/100?${query}`, range('bytes=0-1'))
    assert.equal(reply.status, 200, query)
    assert.equal(headerOf(reply, 'content-range'), undefined)
  }
})

test('a digest is that of the whole payload, whichever part is sent', async () => {
  const whole = await answer('/bin/1000?digest=true&seed=3')
  const part = await answer('/bin/1000?digest=true&seed=3', range('bytes=0-9'))
  assert.match(headerOf(whole, 'repr-digest') ?? '', /^sha-256=:[\w+/]{43}=:$/)
  assert.equal(headerOf(part, 'repr-digest'), headerOf(whole, 'repr-digest'))
  assert.equal(part.status, 206)
})

test('a range of any method but GET is ignored', async () => {
  for (const method of ['HEAD', 'POST', 'PUT']) {
    assert.equal((await answer('/bin/100', { ...range('bytes=0-1'), method })).status, 200, method)
  }
})

test('If-Range with a validator we never gave means the whole', async () => {
  const headers = ['range', 'bytes=0-1', 'if-range', '"an-etag-of-someone-else"']
  assert.equal((await answer('/bin/100', { headers })).status, 200)
})

test('parameters that contradict each other are refused with a sentence', async () => {
  const together = [
    'random=true&seed=0',
    'digest=true&chunked=true',
    'digest=true&cipher=aes-128-cbc',
  ]
  for (const query of together) {
    await assert.rejects(async () => answer(`/bin/10?${query}`), OriginError, query)
  }
})

test('random bytes are those of the seed they name', async () => {
  const random = await answer('/bin/1000?random=true')
  const seed = headerOf(random, 'x-hp-seed') ?? ''
  assert.match(seed, /^[1-9]\d*$/)
  assert.deepEqual(bytesOf(await answer(`/bin/1000?seed=${seed}`)), bytesOf(random))
})
