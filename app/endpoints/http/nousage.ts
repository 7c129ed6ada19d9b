import { requestIdHeader, textBody } from '../answers.ts'
import { maybe, oneOf } from '../codecs.ts'
import { type Reply, endpoint } from '../endpoint.ts'
import { echoSchema } from './echo-schema.ts'
import { echoJson, echoReply } from './echo.ts'

const truncatedJson =
  '{"_myhostname":"test","uri":"/nousage/badjson","method":"GET","invalid json truncated'

export const nousage = endpoint({
  id: 'nousage',
  path: '/nousage/{variant?}',
  summary: 'Broken AI answers: usage empty, the wrong content type, cut JSON, or nothing at all',
  parameters: {
    variant: {
      in: 'path',
      codec: maybe(oneOf('wrongct', 'badjson', 'empty')),
      doc: 'how it is broken; an empty usage when left out',
    },
  },
  group: 'ai',
  answers: {
    200: {
      description: 'The echo without token counts; badjson and empty are no JSON on purpose',
      headers: requestIdHeader,
      content: { 'application/json': echoSchema, 'text/plain': textBody },
    },
  },
  reads: 'whole',
  examples: [
    { path: '/nousage', status: 200, expectBody: { json: { usage: {} } } },
    {
      path: '/nousage/wrongct',
      status: 200,
      expectHeaders: { 'content-type': 'text/plain; charset=utf-8' },
      expectBody: { json: { usage: {} } },
    },
    {
      path: '/nousage/badjson',
      status: 200,
      expectHeaders: { 'content-type': 'application/json' },
      expectBody: truncatedJson,
    },
    {
      path: '/nousage/empty',
      status: 200,
      expectHeaders: { 'content-type': 'application/json', 'content-length': '0' },
      expectBody: '',
    },
    { path: '/nousage/other', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  handle(exchange, { variant }): Reply {
    switch (variant) {
      case undefined:
        return echoReply(exchange, { endpoint: 'nousage', hasUsage: false })
      case 'wrongct':
        return textReply(
          'text/plain; charset=utf-8',
          echoJson(exchange, { endpoint: 'nousage', hasUsage: false }),
        )
      case 'badjson':
        return textReply('application/json', truncatedJson)
      case 'empty':
        return textReply('application/json', '')
    }
  },
})

function textReply(contentType: string, bytes: string): Reply {
  return { status: 200, headers: [['Content-Type', contentType]], body: { kind: 'bytes', bytes } }
}
