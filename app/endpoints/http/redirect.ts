import { type Codec, integer, optional } from '../codecs.ts'
import { endpoint } from '../endpoint.ts'
import { bodiless } from './conditions.ts'

const redirects = [301, 302, 303, 307, 308]

const redirectStatus: Codec<number> = {
  allowed: `one of ${redirects.join(', ')}`,
  schema: { type: 'integer', enum: redirects },
  show: (value) => value,
  parse: (text) => redirects.find((status) => String(status) === text),
}

export const redirect = endpoint({
  id: 'redirect',
  path: '/redirect/{n}',
  summary: 'Redirects n times, the last time to /get',
  parameters: {
    n: { in: 'path', codec: integer(1, 1000), doc: 'how many redirects' },
    status: {
      in: 'query',
      codec: optional(redirectStatus, 302),
      doc: 'the status of each; 307 and 308 keep method and body (RFC 9110 15.4)',
    },
  },
  group: 'client',
  answers: Object.fromEntries(
    redirects.map((status) => [
      status,
      {
        description: 'The next is in Location',
        headers: { Location: 'The next redirect, or /get' },
      },
    ]),
  ),
  reads: 'nothing',
  examples: [
    { path: '/redirect/1', status: 302, expectHeaders: { location: '/get' }, expectBody: '' },
    { path: '/redirect/3', status: 302, expectHeaders: { location: '/redirect/2' } },
    {
      path: '/redirect/2?status=308',
      method: 'POST',
      status: 308,
      expectHeaders: { location: '/redirect/1?status=308' },
    },
    { path: '/redirect/0', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
    { path: '/redirect/2?status=200', status: 400 },
  ],
  handle(_exchange, { n, status }) {
    const query = status === 302 ? '' : `?status=${status}`
    const location = n === 1 ? '/get' : `/redirect/${n - 1}${query}`

    return bodiless(status, [['Location', location]])
  },
})
