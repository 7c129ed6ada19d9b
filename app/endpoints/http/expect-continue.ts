import { objectOf, withOptional } from '../answers.ts'
import { duration, oneOf, optional } from '../codecs.ts'
import { type Exchange, type Reply, endpoint, jsonReply } from '../endpoint.ts'
import { wireOnly } from '../wire-only.ts'

// RFC 9110 10.1.1 lets a client that gets no answer send its body all the same; curl does so after 1 s.
const patienceMs = 5000

const modes = ['send', 'delay', 'withhold', 'refuse', 'early'] as const

const continueSchema = withOptional(
  objectOf({
    mode: { type: 'string', enum: modes },
    expected: { type: 'boolean', description: 'Whether the client waited for 100' },
    bytes_received: { type: 'integer', minimum: 0 },
    duration_ms: { type: 'number', minimum: 0 },
  }),
  {
    continue_sent_after_ms: { type: ['number', 'null'] },
    bytes_before_continue: { type: 'integer', minimum: 0 },
    complete: { type: 'boolean', description: 'Whether the body came whole in time' },
  },
)

export const expectContinue = endpoint({
  id: 'expect-continue',
  path: '/continue',
  summary:
    'Control over Expect: 100-continue: send 100 at once, late or never, refuse with 417, or answer early',
  parameters: {
    mode: {
      in: 'query',
      codec: optional(oneOf(...modes), 'send'),
      doc: 'send 100, send it late, wait for the body without it, answer 417, answer 200 before the body',
    },
    delay: { in: 'query', codec: optional(duration(), 1000), doc: 'of mode=delay' },
    patience: {
      in: 'query',
      codec: optional(duration(), patienceMs),
      doc: 'of mode=withhold: how long a body is waited for that nobody was told to send',
    },
  },
  group: 'protocol',
  answers: {
    200: {
      description: 'What became of the body',
      content: { 'application/json': continueSchema },
    },
    417: {
      description: 'As mode=refuse asks',
      content: { 'application/json': continueSchema },
    },
  },
  refusals: ['UNSUPPORTED_ON_LISTENER'],
  reads: 'pieces',
  examples: [
    {
      path: '/continue',
      method: 'POST',
      body: 'hello',
      status: 200,
      needsWire: true,
      expectBody: { json: { mode: 'send', expected: false, bytes_received: 5 } },
    },
    { path: '/continue?mode=refuse', method: 'POST', body: 'x', status: 417, needsWire: true },
    { path: '/continue?mode=never', method: 'POST', body: 'x', status: 400 },
  ],
  async handle(exchange, { mode, delay, patience }) {
    const { wire } = exchange
    if (wire === undefined) {
      throw wireOnly(exchange.origin, 'the fast listener answers Expect: 100-continue by itself')
    }
    const startedAt = performance.now()
    const expected = wire.expectsContinue
    const answer = (more: object, status = 200): Reply =>
      jsonReply({ mode, expected, ...more, duration_ms: since(startedAt) }, status)
    if (mode === 'refuse') return answer({ bytes_received: wire.bytesIn }, 417)
    if (mode === 'early') return answer({ continue_sent_after_ms: null, bytes_received: 0 })
    if (mode === 'withhold') {
      wire.withholdContinue()
      const isComplete = await readWithin(exchange, patience)
      return answer({
        continue_sent_after_ms: null,
        bytes_received: wire.bytesIn,
        complete: isComplete,
      })
    }
    if (mode === 'delay') await exchange.wait(delay)
    const sentAfterMs = since(startedAt)
    const before = wire.bytesIn
    wire.sendContinue()
    await exchange.readBody(() => {})
    return answer({
      continue_sent_after_ms: expected ? sentAfterMs : null,
      bytes_before_continue: before,
      bytes_received: wire.bytesIn,
    })
  },
})

function since(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 1000) / 1000
}

/** Reads the body without sending a 100; returns whether all of it came in time. */
function readWithin(exchange: Exchange, ms: number): Promise<boolean> {
  const over = exchange.wait(ms).then(() => false)
  const whole = exchange.readBody(() => {}).then(() => true)
  // The loser of the race may still reject because the client left.
  whole.catch(() => {})
  over.catch(() => {})
  return Promise.race([whole, over])
}
