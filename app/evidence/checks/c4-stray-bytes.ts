import { describe } from '../client/answer.ts'
import { type Check, broken, pass } from './check.ts'
import { readEcho } from './read-echo.ts'

const rounds = 5

/** Bytes that nobody asked for are nobody's answer. */
export const c4: Check = {
  id: 'C4',
  title: 'Stray bytes on an idle connection reach nobody',
  level: 'must',
  rule: 'RFC 9112 9.2',
  sent: `${rounds} times: a GET that is followed by 12 bytes of garbage on the connection to the origin; then three GETs.`,
  judged: 'Fails when one of the next answers is not the one that was asked for.',
  needs: ['wire', 'http1'],
  isAlone: true,
  async run(probe) {
    for (let round = 0; round < rounds; round++) {
      await probe.ask({ id: probe.token(), path: '/bin/10', hp: 'fault=garbage-after=12' })
      for (let next = 0; next < 3; next++) {
        const path = `/next/${probe.token()}`
        const answer = await probe.ask({ id: probe.token(), path })
        if (readEcho(answer)?.path === path) continue
        return broken(
          `A later request became ${describe(answer)}.`,
          'The proxy took stray bytes for the beginning of an answer.',
        )
      }
    }
    return pass('All later answers were right.')
  },
}
