import { OriginError } from '../../errors.ts'
import { eventsBody, objectOf, requestIdHeader, withOptional } from '../answers.ts'
import type { Schema } from '../answers.ts'
import { type Codec, drawnDuration, integer, maybe, optional } from '../codecs.ts'
import type { CollectedBody, Endpoint, Exchange, Parameters, Values } from '../endpoint.ts'

const breakages = ['usage', 'done', 'midstream', 'json'] as const

/**
 * How a completion is broken: without token counts; without its last event; with an error event after half of its
 * tokens, which ends it; with JSON that is cut in half.
 */
export type Breakage = (typeof breakages)[number]

const severalBreakages: Codec<readonly Breakage[]> = {
  allowed: `${breakages.join(', ')}, or several with commas`,
  schema: {
    type: 'string',
    pattern: `^(${breakages.join('|')})(,(${breakages.join('|')}))*$`,
    examples: ['usage', 'usage,done'],
  },
  show: (chosen) => chosen.join(','),
  parse(text) {
    const chosen = text.split(',').map((word) => breakages.find((one) => one === word))
    return chosen.every((one) => one !== undefined) ? chosen : undefined
  },
}

const parameters = {
  ttft: {
    in: 'query',
    codec: maybe(drawnDuration()),
    doc: 'the time to the first token (default 0), a time or a distribution of hpdummy help faults',
  },
  itl: {
    in: 'query',
    codec: maybe(drawnDuration()),
    doc: 'the time between two tokens (default 0), likewise; drawn anew for each',
  },
  tokens: {
    in: 'query',
    codec: optional(integer(0, 100_000), 16),
    doc: 'how many tokens the answer has, unless the request allows fewer; a token is a word',
  },
  break: {
    in: 'query',
    codec: maybe(severalBreakages),
    doc: 'without usage; a stream without its last event (done), or with an error in the middle (midstream); JSON cut in half (json)',
  },
} as const satisfies Parameters

const message = withOptional(objectOf({ role: { type: 'string' } }, 'Message'), {
  content: { description: 'A text, or a list of parts of which those with a text count' },
})

/** What the rows of AI providers have in common: a conversation comes in, made-up words go out. */
export const completing = {
  methods: ['POST'],
  parameters,
  group: 'ai',
  refusals: ['INVALID_REQUEST', 'PAYLOAD_TOO_LARGE'],
  body: withOptional(objectOf({ messages: { type: 'array', minItems: 1, items: message } }), {
    model: { type: 'string', description: 'Any; repeated in the answer' },
    stream: { type: 'boolean', description: 'The answer in events, a token each' },
    max_tokens: { type: 'integer', minimum: 0, description: 'The most tokens of the answer' },
  }),
  reads: 'whole',
} as const satisfies Partial<Endpoint>

/** The status 200 of such a row: its whole answer, or the events. */
export function completedAnswers(description: string, whole: Schema): Endpoint['answers'] {
  const content = { 'application/json': whole, 'text/event-stream': eventsBody }
  return { 200: { description, headers: requestIdHeader, content } }
}

/** What was asked for, and what is answered. */
export interface Completion {
  readonly model: string
  readonly promptTokens: number
  /** How many tokens it has. */
  readonly tokens: number
  /** Whether the request allowed fewer tokens than there would have been. */
  readonly isCut: boolean
  readonly isStreamed: boolean
  /** The JSON of the request, for what only one provider has. */
  readonly asked: Readonly<Record<string, unknown>>
  readonly breakages: readonly Breakage[]
  /** How long to wait before a token, in milliseconds. */
  readonly waitMs: (index: number) => number
}

const allowedBody =
  'JSON with messages, such as {"model":"any","messages":[{"role":"user","content":"Hello"}]}'

/** Reads such a request; OriginError INVALID_REQUEST or PAYLOAD_TOO_LARGE when it cannot be read. */
export function readCompletion(
  { body, origin }: Pick<Exchange, 'body' | 'origin'>,
  { ttft, itl, tokens, break: breaks = [] }: Values<typeof parameters>,
): Completion {
  const asked = readAsked(body)
  const isStreamed = asked['stream'] === true
  const needsStream = breaks.find((one) => one === 'done' || one === 'midstream')
  if (needsStream !== undefined && !isStreamed) {
    throw new OriginError(
      'INVALID_REQUEST',
      `break=${needsStream} is for streams; use it with "stream": true in the body`,
    )
  }
  const most = mostTokens(asked)
  const { delayMs } = origin.limits()
  return {
    model: typeof asked['model'] === 'string' ? asked['model'] : 'hpdummy',
    promptTokens: countTokens(asked['system']) + countTokens(asked['messages']),
    tokens: Math.min(tokens, most),
    isCut: tokens > most,
    isStreamed,
    asked,
    breakages: breaks,
    waitMs: (index) => Math.min(delayMs, (index === 0 ? ttft : itl)?.drawMs(origin.random) ?? 0),
  }
}

/** One token of every completion: a word, with the space before it. */
export function tokenAt(index: number): string {
  return `${index === 0 ? '' : ' '}${words[index % words.length]}`
}

const words = 'This origin answers with one word for each token, again and again.'.split(' ')

/** The whole text of a completion. */
export function textOf({ tokens }: Completion): string {
  return Array.from({ length: tokens }, (_, index) => tokenAt(index)).join('')
}

/** The time until the whole text would have been streamed. */
export function wholeMs({ tokens, waitMs }: Completion): number {
  let sum = 0
  for (let index = 0; index < tokens; index++) sum += waitMs(index)
  return sum
}

function readAsked({ bytes, size }: CollectedBody): Readonly<Record<string, unknown>> {
  if (size > bytes.length) {
    throw new OriginError(
      'PAYLOAD_TOO_LARGE',
      `the body has ${size} bytes, but only ${bytes.length} are kept; raise echo.bodyLimit`,
    )
  }
  const asked = parsed(bytes.toString())
  if (isObject(asked) && Array.isArray(asked['messages']) && asked['messages'].length > 0) {
    return asked
  }
  throw new OriginError('INVALID_REQUEST', `the body is wrong; use ${allowedBody}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mostTokens(asked: Readonly<Record<string, unknown>>): number {
  const given = asked['max_completion_tokens'] ?? asked['max_tokens'] ?? Infinity
  if (given === Infinity || (Number.isInteger(given) && Number(given) >= 0)) return Number(given)
  throw new OriginError('INVALID_REQUEST', 'max_tokens is wrong; use an integer from 0 up')
}

// A text, a message with its content, or a list of texts, messages and parts.
function countTokens(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.match(/\S+/g)?.length ?? 0
  if (depth > 3) return 0
  if (Array.isArray(value)) {
    return value.reduce((sum: number, one: unknown) => sum + countTokens(one, depth + 1), 0)
  }
  return isObject(value) ? countTokens(value['content'] ?? value['text'], depth + 1) : 0
}
