import { objectOf } from '../answers.ts'
import { endpoint, jsonReply } from '../endpoint.ts'

export const cookies = endpoint({
  id: 'cookies',
  path: '/cookies',
  summary: 'The cookies that came, by name',
  parameters: {},
  group: 'client',
  answers: {
    200: {
      description: 'The cookies; of a name that came twice the first, as most servers read it',
      content: {
        'application/json': objectOf({
          cookies: { type: 'object', additionalProperties: { type: 'string' } },
        }),
      },
    },
  },
  requestHeaders: { Cookie: 'name=value pairs with semicolons between them (RFC 6265 5.4)' },
  reads: 'nothing',
  examples: [
    { path: '/cookies', status: 200, expectBody: { json: { cookies: {} } } },
    {
      path: '/cookies',
      headers: { cookie: 'a=1; b="two"; c=x=y' },
      status: 200,
      expectBody: { json: { cookies: { a: '1', b: '"two"', c: 'x=y' } } },
    },
  ],
  handle: (exchange) => jsonReply({ cookies: readCookies(exchange.header('cookie')) }),
})

// RFC 6265 4.2.1.
function readCookies(line: string): object {
  const found = new Map<string, string>()
  for (const pair of line.split(';')) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, Math.max(equals, 0)).trim()
    if (name !== '' && !found.has(name)) found.set(name, pair.slice(equals + 1).trim())
  }
  return Object.fromEntries(found)
}
