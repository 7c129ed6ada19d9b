import { createHash } from 'node:crypto'

import { statusOf, valuesIn, valuesOf } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

const secret = 'Bearer aGVsbG8='
const challenge = 'Basic realm=verify'

/** Credentials and challenges pass as they are. */
export const h11: Check = {
  id: 'H11',
  title: 'Authorization and WWW-Authenticate pass unchanged',
  level: 'must',
  rule: 'RFC 9110 11.6',
  sent: `GET with Authorization: ${secret}; the answer is 401 with WWW-Authenticate: ${challenge}.`,
  judged: 'Fails when either is changed or missing.',
  needs: ['wire'],
  async run(probe) {
    const id = probe.token()
    const hp = `status=401; header=WWW-Authenticate:${challenge}`
    const arrived = await probe.ask({ id, fields: [['Authorization', secret]] })
    const { fields } = await probe.received(id, arrived)
    const told = valuesOf(fields, 'authorization')
    const refused = await probe.ask({ id: probe.token(), hp })
    const back = valuesIn(refused, 'www-authenticate')
    const isKept = told.length === 1 && [secret, hashed(secret)].includes(told[0] ?? '')
    const isBack = statusOf(refused) === 401 && back.join() === challenge
    if (isKept && isBack) return pass('Both passed.')
    const forth = isKept
      ? 'Authorization passed'
      : `Authorization ${told.length === 0 ? 'did not arrive' : 'was changed'}`
    return broken(
      `${forth}; the client got ${statusOf(refused)} with WWW-Authenticate: ${back.join() || 'none'}.`,
      'A proxy must not change credentials or challenges that are not its own.',
    )
  },
}

// As the ledger shows secrets.
function hashed(value: string): string {
  return `sha256:${createHash('sha256').update(value).digest('hex').slice(0, 16)}`
}
