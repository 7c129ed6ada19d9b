import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { ask } from '../support/ask.ts'
import { useOrigin } from '../support/shared-origin.ts'

const origin = useOrigin()
const places = { fast: () => origin().url, wire: () => origin().ports.wire }

const chat = '/v1/chat/completions'
const messages = '/v1/messages'

interface Chunk {
  readonly choices: readonly [
    { readonly delta: { readonly content?: string }; readonly finish_reason: string | null }?,
  ]
  readonly usage?: object | null
  readonly error?: { readonly code: string }
}

for (const [listener, place] of Object.entries(places)) {
  const stream = async (path: string, more: object = {}): Promise<readonly SseEvent[]> => {
    const body = JSON.stringify({
      stream: true,
      messages: [{ role: 'user', content: 'two words' }],
      ...more,
    })
    const answer = await ask(place(), path, { method: 'POST', body })
    assert.equal(answer.status, 200, answer.body.toString())
    return eventsOf(answer.body.toString())
  }
  const chunksOf = (events: readonly SseEvent[]): readonly Chunk[] =>
    events.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as Chunk)

  suite(`${chat} on ${listener}`, () => {
    test('a stream has a chunk for each token, then the reason and [DONE]', async () => {
      const events = await stream(`${chat}?tokens=4`)
      assert.equal(events.at(-1)?.data, '[DONE]')
      const chunks = chunksOf(events)
      const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '')
      assert.deepEqual(text, ['', 'This', ' origin', ' answers', ' with', ''])
      assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'stop')
      assert.ok(chunks.every((chunk) => !('usage' in chunk)))
    })

    test('with include_usage the last chunk has the counts and the others null', async () => {
      const chunks = chunksOf(
        await stream(`${chat}?tokens=4`, {
          stream_options: { include_usage: true },
          max_completion_tokens: 3,
        }),
      )
      assert.deepEqual(chunks.at(-1)?.choices, [])
      assert.deepEqual(chunks.at(-1)?.usage, {
        prompt_tokens: 2,
        completion_tokens: 3,
        total_tokens: 5,
      })
      assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null))
      assert.equal(chunks.at(-2)?.choices[0]?.finish_reason, 'length')
    })

    test('break=usage, done, midstream and json break what they name', async () => {
      const asks = { stream_options: { include_usage: true } }
      const usage = await stream(`${chat}?break=usage`, asks)
      assert.ok(chunksOf(usage).every((chunk) => chunk.usage === undefined))
      assert.equal(usage.at(-1)?.data, '[DONE]')

      const done = await stream(`${chat}?break=done`)
      assert.equal(chunksOf(done).at(-1)?.choices[0]?.finish_reason, 'stop')

      const midstream = chunksOf(await stream(`${chat}?tokens=6&break=midstream`))
      assert.equal(midstream.length, 1 + 3 + 1)
      assert.equal(midstream.at(-1)?.error?.code, 'INJECTED')

      const json = await stream(`${chat}?tokens=6&break=json`)
      const broken = json.filter(({ data }) => data !== '[DONE]' && !isJson(data))
      assert.equal(broken.length, 1)
    })

    test('break=json cuts a whole answer in half, break=usage leaves out its counts', async () => {
      const body = '{"messages":[{"role":"user","content":"Hello"}]}'
      const json = await ask(place(), `${chat}?break=json`, { method: 'POST', body })
      assert.equal(isJson(json.body.toString()), false)
      const usage = await ask(place(), `${chat}?break=usage`, { method: 'POST', body })
      assert.equal('usage' in (JSON.parse(usage.body.toString()) as object), false)
    })

    test('the first token comes after ttft, each other after itl; a whole answer after all of it', async () => {
      const startedAt = performance.now()
      await stream(`${chat}?tokens=4&ttft=60ms&itl=uniform(20ms,30ms)`)
      const streamedMs = performance.now() - startedAt
      const body = '{"messages":[{"role":"user","content":"Hello"}]}'
      await ask(place(), `${chat}?tokens=4&ttft=60ms&itl=uniform(20ms,30ms)`, {
        method: 'POST',
        body,
      })
      const wholeMs = performance.now() - startedAt - streamedMs
      // Timers may be a millisecond early.
      assert.ok(streamedMs >= 60 + 3 * 20 - 4, `${streamedMs} ms`)
      assert.ok(wholeMs >= 60 + 3 * 20 - 4, `${wholeMs} ms`)
    })

    test('a body that is longer than echo.bodyLimit is 413', async () => {
      const body = JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(2 ** 20) }] })
      assert.equal((await ask(place(), chat, { method: 'POST', body })).status, 413)
    })

    test('a time that cannot be read is 400 and says what can', async () => {
      const body = '{"messages":[{"role":"user","content":"Hello"}]}'
      const answer = await ask(place(), `${chat}?ttft=soon`, { method: 'POST', body })
      assert.equal(answer.status, 400)
      assert.match(answer.body.toString(), /ttft=.*lognormal\(50ms,0\.4\)/)
    })
  })

  suite(`${messages} on ${listener}`, () => {
    test('a stream has its events in order, with the counts at both ends', async () => {
      const events = await stream(`${messages}?tokens=2`, { system: 'Be brief' })
      assert.deepEqual(
        events.map(({ name }) => name),
        [
          'message_start',
          'content_block_start',
          'ping',
          'content_block_delta',
          'content_block_delta',
          'content_block_stop',
          'message_delta',
          'message_stop',
        ],
      )
      const [start, ...rest] = events.map(
        ({ data }) => JSON.parse(data) as { message?: { usage: object }; usage?: object },
      )
      assert.deepEqual(start?.message?.usage, { input_tokens: 4, output_tokens: 1 })
      assert.deepEqual(rest.at(-2)?.usage, { output_tokens: 2 })
      assert.ok(events.every(({ name, data }) => data.includes(`"type":"${name}"`)))
    })

    test('break=usage,done leaves out all counts and message_stop', async () => {
      const events = await stream(`${messages}?break=usage,done`)
      assert.equal(events.at(-1)?.name, 'message_delta')
      assert.ok(events.every(({ data }) => !data.includes('"usage"')))
    })

    test('break=midstream ends with an error event', async () => {
      const events = await stream(`${messages}?break=midstream`)
      assert.equal(events.at(-1)?.name, 'error')
      assert.match(events.at(-1)?.data ?? '', /overloaded_error/)
    })
  })
}

interface SseEvent {
  readonly name: string | undefined
  readonly data: string
}

function eventsOf(text: string): readonly SseEvent[] {
  assert.ok(text.endsWith('\n\n'), 'the last event is whole')
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((block) => ({
      name: /^event: (.*)$/m.exec(block)?.[1],
      data: /^data: (.*)$/m.exec(block)?.[1] ?? assert.fail(block),
    }))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
