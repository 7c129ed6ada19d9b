import { OriginError } from '../../errors.ts'
import { endpoint } from '../endpoint.ts'
import { ownQuery } from '../target.ts'
import { bodiless } from './conditions.ts'
import { token } from './query-fields.ts'

// RFC 6265 4.1.1: a name is a token, a value has no controls, spaces, quotes, commas, semicolons or backslashes.
const cookieValue = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{0,4096}$/
const mostCookies = 64

export const cookiesSet = endpoint({
  id: 'cookies-set',
  path: '/cookies/set',
  summary: 'Sets the query as cookies, ?name=value, and redirects to /cookies',
  parameters: {},
  takesAnyQuery: true,
  group: 'client',
  answers: {
    302: {
      description: 'To /cookies',
      headers: { Location: '/cookies', 'Set-Cookie': 'One line for each cookie' },
    },
  },
  refusals: ['INVALID_REQUEST'],
  reads: 'nothing',
  examples: [
    {
      path: '/cookies/set?flavour=oat',
      status: 302,
      expectHeaders: { location: '/cookies' },
      expectBody: '',
    },
    {
      path: '/cookies/set?a=b%3Bc',
      status: 400,
      expectBody: { json: { code: 'INVALID_REQUEST' } },
    },
  ],
  handle({ query }) {
    return bodiless(302, [['Location', '/cookies'], ...readSettings(ownQuery(query))])
  },
})

function* readSettings(
  pairs: readonly (readonly [string, string])[],
): Generator<readonly [string, string]> {
  if (pairs.length > mostCookies) {
    throw new OriginError('INVALID_REQUEST', `${pairs.length} cookies; use ${mostCookies} at most`)
  }
  for (const [name, value] of pairs) {
    if (!token.test(name) || !cookieValue.test(value)) {
      throw new OriginError(
        'INVALID_REQUEST',
        `${JSON.stringify(`${name}=${value}`)} cannot be a cookie; use a name and a value of RFC 6265 4.1.1: visible ASCII without quotes, commas, semicolons and backslashes`,
      )
    }
    yield ['Set-Cookie', `${name}=${value}; Path=/; HttpOnly`]
  }
}
