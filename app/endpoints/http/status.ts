import { STATUS_CODES } from 'node:http'

import { OriginError } from '../../errors.ts'
import { type Weighted, chooseWeighted, parseWeighted } from '../../traffic/chance.ts'
import { anyStatus, objectOf, requestIdHeader } from '../answers.ts'
import { type Codec, integer, optional } from '../codecs.ts'
import { endpoint } from '../endpoint.ts'
import { echoWith } from './echo-schema.ts'
import { echoReply } from './echo.ts'

const oneWeighted = '[1-5][0-9]{2}(:[0-9]{1,9}([.][0-9]{1,9})?)?'

const weightedStatus: Codec<readonly Weighted<number>[]> = {
  allowed: 'a status from 100 to 599, or several with weights, such as 200:0.9,503:0.1',
  schema: {
    type: 'string',
    pattern: `^${oneWeighted}(,${oneWeighted})*$`,
    examples: ['404', '200:0.9,503:0.1'],
  },
  show: (choices) => choices.map(({ value, weight }) => `${value}:${weight}`).join(','),
  parse: (text) => parseWeighted(text, parseStatus),
}

function parseStatus(text: string): number | undefined {
  return /^[1-5]\d\d$/.test(text) ? Number(text) : undefined
}

const statusSchema = echoWith(
  objectOf({
    status_code: { type: 'integer', minimum: 100, maximum: 599 },
    status_message: { type: 'string' },
  }),
)

export const status = endpoint({
  id: 'status',
  path: '/status/{code}',
  summary: 'That status with the echo JSON; no body for 1xx, 204 and 304; several by weight',
  parameters: {
    code: { in: 'path', codec: weightedStatus, doc: 'the status, or statuses with weights' },
    final: {
      in: 'query',
      codec: optional(integer(200, 599), 200),
      doc: 'the status after a 1xx, on the wire listener',
    },
  },
  group: 'failure',
  answers: {
    ...anyStatus({
      description: 'The echo, with that status',
      headers: requestIdHeader,
      content: { 'application/json': statusSchema },
    }),
    '1XX': { description: 'Wire listener only: before the answer, whose status is final' },
  },
  refusals: ['INVALID_REQUEST'],
  reads: 'whole',
  examples: [
    {
      path: '/status/404',
      status: 404,
      expectBody: { json: { status_code: 404, status_message: 'Not Found' } },
    },
    { path: '/status/204', status: 204, expectBody: '' },
    { path: '/status/503:1,503:2.5', status: 503, expectBody: { json: { status_code: 503 } } },
    { path: '/status/101', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
    { path: '/status/999', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  handle(exchange, { code: choices, final }) {
    const early = choices.find(({ value }) => value < 200)?.value
    if (early !== undefined && exchange.wire === undefined) {
      throw new OriginError(
        'INVALID_REQUEST',
        `${early} is an interim status, which this listener cannot send; use the wire listener (wire.port), or a status from 200 to 599`,
      )
    }
    if (choices.some(({ value }) => value === 101)) {
      throw new OriginError(
        'INVALID_REQUEST',
        '101 would end HTTP on this connection; use another status, or /ws for a real upgrade',
      )
    }
    const chosen = chooseWeighted(choices, exchange.origin.random)
    const code = chosen < 200 ? final : chosen
    const extra = { status_code: chosen, status_message: STATUS_CODES[chosen] ?? 'Unassigned' }
    const reply = echoReply(exchange, { endpoint: 'status', status: code, extra })
    return chosen < 200
      ? { ...reply, interim: [{ status: chosen, headers: [], waitMs: 0 }] }
      : reply
  },
})
