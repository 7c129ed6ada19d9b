import { STATUS_CODES } from 'node:http'

import { OriginError } from '../../errors.ts'
import { type Weighted, chooseWeighted, parseWeighted } from '../../traffic/chance.ts'
import type { Codec } from '../codecs.ts'
import { endpoint } from '../endpoint.ts'
import { echoReply } from './echo.ts'

const weightedStatus: Codec<readonly Weighted<number>[]> = {
  allowed: 'a status from 100 to 599, or several with weights, such as 200:0.9,503:0.1',
  schema: { type: 'string', examples: ['404', '200:0.9,503:0.1'] },
  parse: (text) => parseWeighted(text, parseStatus),
}

function parseStatus(text: string): number | undefined {
  return /^[1-5]\d\d$/.test(text) ? Number(text) : undefined
}

export const status = endpoint({
  id: 'status',
  path: '/status/{code}',
  summary: 'That status with the echo JSON; no body for 1xx, 204 and 304; several by weight',
  parameters: {
    code: { in: 'path', codec: weightedStatus, doc: 'the status, or statuses with weights' },
  },
  reads: 'whole',
  examples: [
    {
      path: '/status/404',
      status: 404,
      expectBody: { json: { status_code: 404, status_message: 'Not Found' } },
    },
    { path: '/status/204', status: 204, expectBody: '' },
    { path: '/status/503:1,503:2.5', status: 503, expectBody: { json: { status_code: 503 } } },
    { path: '/status/999', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  handle(exchange, { code: choices }) {
    const early = choices.find(({ value }) => value < 200)?.value
    if (early !== undefined) {
      throw new OriginError(
        'INVALID_REQUEST',
        `${early} is not a final answer and this listener cannot send one before another; use the wire listener, or a status from 200 to 599`,
      )
    }
    const code = chooseWeighted(choices, exchange.origin.random)
    const extra = { status_code: code, status_message: STATUS_CODES[code] ?? 'Unassigned' }
    return echoReply(exchange, { status: code, extra })
  },
})
