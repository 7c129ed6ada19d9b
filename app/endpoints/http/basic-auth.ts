import { anyText } from '../codecs.ts'
import { endpoint } from '../endpoint.ts'
import { answersOf, asksForCredentials, verdict } from './credentials.ts'

export const basicAuth = endpoint({
  id: 'basic-auth',
  ...asksForCredentials,
  path: '/basic-auth/{user}/{password}',
  summary: 'Asks for that user and password by Basic authentication (RFC 7617)',
  parameters: {
    user: { in: 'path', codec: anyText(1), doc: 'the right user' },
    password: { in: 'path', codec: anyText(1), doc: 'the right password' },
  },
  answers: answersOf({
    authenticated: { type: 'boolean' },
    authorized: { type: 'boolean' },
    user: { type: 'string', description: 'The user who was named; empty when nobody was' },
  }),
  examples: [
    {
      path: '/basic-auth/aladdin/sesame',
      headers: { authorization: 'Basic YWxhZGRpbjpzZXNhbWU=' },
      status: 200,
      expectBody: { json: { authenticated: true, authorized: true, user: 'aladdin' } },
    },
    {
      path: '/basic-auth/aladdin/other',
      headers: { authorization: 'Basic YWxhZGRpbjpzZXNhbWU=' },
      status: 401,
      expectBody: { json: { authenticated: false, user: 'aladdin' } },
    },
    {
      path: '/basic-auth/aladdin/sesame',
      status: 401,
      expectHeaders: { 'www-authenticate': 'Basic realm="hpdummy", charset="UTF-8"' },
      expectBody: { json: { authenticated: false, authorized: false, user: '' } },
    },
  ],
  handle(exchange, { user, password }) {
    const given = readBasic(exchange.header('authorization'))
    const isRight = given?.user === user && given.password === password
    return verdict(isRight, 'Basic realm="hpdummy", charset="UTF-8"', {
      authenticated: isRight,
      authorized: isRight,
      user: given?.user ?? '',
    })
  },
})

function readBasic(header: string): { user: string; password: string } | undefined {
  const [, token] = /^basic +([\w+/-]+=*)$/i.exec(header.trim()) ?? []
  if (token === undefined) return undefined
  const text = Buffer.from(token, 'base64').toString()
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
