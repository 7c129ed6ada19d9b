import { describe, statusOf } from '../client/answer.ts'
import { type Check, broken, pass, pause, warned } from './check.ts'
import { readEcho } from './read-echo.ts'

const rounds = 5

/** Bytes that nobody asked for are nobody's answer. */
export const c4: Check = {
  id: 'C4',
  title: 'Stray bytes on an idle connection reach nobody',
  level: 'must',
  rule: 'RFC 9112 9.2',
  sent: `${rounds} times: a GET that is followed by 12 bytes of garbage on the connection to the origin; then three GETs.`,
  judged:
    'Fails when one of the next answers is another than the one that was asked for; warns when most of the rounds end in an error of the proxy.',
  needs: ['wire', 'http1'],
  isAlone: true,
  async run(probe) {
    let failed = 0
    for (let round = 0; round < rounds; round++) {
      await probe.ask({ id: probe.token(), path: '/bin/10', hp: 'fault=garbage-after=12' })
      // The bytes are on the idle connection by then.
      await pause(150)
      let isFailed = false
      for (let next = 0; next < 3; next++) {
        const path = `/next/${probe.token()}`
        const answer = await probe.ask({ id: probe.token(), path })
        if (readEcho(answer)?.path === path) continue
        isFailed ||= statusOf(answer) >= 500
        if (statusOf(answer) >= 500) continue
        return broken(
          `A later request became ${describe(answer)}.`,
          'The proxy took stray bytes for the beginning of an answer.',
        )
      }
      if (isFailed) failed++
    }
    // Bytes that come a moment too late spoil a round by chance.
    if (failed > rounds / 2) {
      return warned(
        `In ${failed} of ${rounds} rounds a later request was answered with an error of the proxy.`,
        'It did not close the connection when bytes came that nobody had asked for (RFC 9112 9.2: should), and the next request pays for it.',
      )
    }
    return pass('No later answer had one of the bytes.')
  },
}
