import { endpoint } from '../endpoint.ts'
import { answersOf, asksForCredentials, verdict } from './credentials.ts'

export const bearer = endpoint({
  id: 'bearer',
  ...asksForCredentials,
  path: '/bearer',
  summary: 'Asks for a bearer token (RFC 6750) and takes any',
  parameters: {},
  answers: answersOf({
    authenticated: { type: 'boolean' },
    token: { type: 'string', description: 'The token that came; empty when none did' },
  }),
  examples: [
    {
      path: '/bearer',
      headers: { authorization: 'Bearer abc.def' },
      status: 200,
      expectBody: { json: { authenticated: true, token: 'abc.def' } },
    },
    {
      path: '/bearer',
      status: 401,
      expectHeaders: { 'www-authenticate': 'Bearer realm="hpdummy"' },
      expectBody: { json: { authenticated: false, token: '' } },
    },
  ],
  handle(exchange) {
    const [, token = ''] = /^bearer +([\w.~+/-]+=*)$/i.exec(exchange.header('authorization')) ?? []
    return verdict(token !== '', 'Bearer realm="hpdummy"', { authenticated: token !== '', token })
  },
})
