import { describe, isWholeSuccess } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'

/** A chunk size that is no number. */
export const f5: Check = {
  id: 'F5',
  title: 'A chunk size that is no number ends in an error',
  level: 'must',
  rule: 'RFC 9112 7.1',
  sent: 'GET /bin/4096?chunked=true; a chunk size that is no number takes the place of the last chunk.',
  judged: 'Fails when the client gets a complete 2xx answer.',
  needs: ['wire', 'http1.1'],
  async run(probe) {
    const path = '/bin/4096?chunked=true'
    const answer = await probe.ask({ id: probe.token(), path, hp: 'fault=chunk=badsize' })
    if (!isWholeSuccess(answer)) return pass(describe(answer))
    return broken(describe(answer), 'The proxy mended an answer that it could not read.')
  },
}
