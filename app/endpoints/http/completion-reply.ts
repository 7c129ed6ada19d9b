import type { Chunk } from '../../traffic/pace.ts'
import type { Exchange, Headers, Reply } from '../endpoint.ts'
import { type Completion, wholeMs } from './completion.ts'
import { incrementalHeaders } from './incremental.ts'

/** The events of one provider's stream, each as it stands on the wire, with the empty line at its end. */
export interface CompletionEvents {
  readonly begin: readonly string[]
  readonly token: (index: number) => string
  readonly end: readonly string[]
  /** By which a client knows that the stream is whole. */
  readonly done: string
  readonly error: string
}

/** One server-sent event. */
export function eventOf(data: object | string, name?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`
}

/** The completion as events, a token each, at the pace that was asked for. */
export function streamedReply(
  exchange: Exchange,
  completion: Completion,
  events: CompletionEvents,
): Reply {
  return {
    status: 200,
    headers: [
      ['Content-Type', 'text/event-stream'],
      ['Cache-Control', 'no-store'],
      ...namesOf(exchange),
      ...incrementalHeaders(exchange),
    ],
    body: { kind: 'stream', chunks: { [Symbol.iterator]: () => chunksOf(completion, events) } },
  }
}

/** The completion as one JSON, after the time that its stream would have taken. */
export async function wholeReply(
  exchange: Exchange,
  completion: Completion,
  value: object,
): Promise<Reply> {
  const headers: Headers = [['Content-Type', 'application/json'], ...namesOf(exchange)]
  const text = JSON.stringify(value)
  const isCut = completion.breakages.includes('json')
  const ms = wholeMs(completion)
  if (ms > 0) await exchange.wait(ms)
  const bytes = isCut ? text.slice(0, text.length / 2) : text
  return { status: 200, headers, body: { kind: 'bytes', bytes } }
}

// The one name is OpenAI's, the other Anthropic's.
function namesOf({ requestId }: Exchange): Headers {
  return [
    ['X-Request-ID', requestId],
    ['Request-ID', requestId],
  ]
}

function* chunksOf(
  { tokens, waitMs, breakages }: Completion,
  { begin, token, end, done, error }: CompletionEvents,
): Generator<Chunk> {
  const half = Math.floor(tokens / 2)
  yield { waitMs: tokens > 0 ? waitMs(0) : 0, render: () => begin.join('') }
  for (let index = 0; index < tokens; index++) {
    if (index === half && breakages.includes('midstream')) break
    const isCut = index === half && breakages.includes('json')
    yield {
      waitMs: index === 0 ? 0 : waitMs(index),
      render: () => (isCut ? cut(token(index)) : token(index)),
    }
  }
  if (breakages.includes('midstream')) {
    yield { waitMs: 0, render: () => error }
    return
  }
  yield { waitMs: 0, render: () => end.join('') + (breakages.includes('done') ? '' : done) }
}

// Half of the JSON, but a whole event.
function cut(event: string): string {
  const from = event.indexOf('{')
  return `${event.slice(0, from + Math.floor((event.length - from) / 2))}\n\n`
}
