import { type Answer, type Schema, objectOf } from '../answers.ts'
import { type Endpoint, type Reply, jsonReply } from '../endpoint.ts'

/** What rows have in common that ask for credentials (RFC 9110 11). */
export const asksForCredentials = {
  group: 'client',
  requestHeaders: { Authorization: 'The credentials (RFC 9110 11.6.2)' },
  reads: 'nothing',
} as const satisfies Partial<Endpoint>

/** The statuses of such a row, whose JSON has these fields. */
export function answersOf(properties: Readonly<Record<string, Schema>>): {
  readonly 200: Answer
  readonly 401: Answer
} {
  const content = { 'application/json': objectOf(properties) }
  return {
    200: { description: 'They are right', content },
    401: {
      description: 'They are missing or wrong',
      headers: { 'WWW-Authenticate': 'What is asked for' },
      content,
    },
  }
}

/** The answer when they are right, or wrong, when `challenge` says what is asked for. */
export function verdict(isRight: boolean, challenge: string, fields: object): Reply {
  return isRight ? jsonReply(fields) : jsonReply(fields, 401, [['WWW-Authenticate', challenge]])
}
