import { statusOf } from '../client/answer.ts'
import { type Check, note } from './check.ts'

const rounds = 10

/** The race that makes the 502s of every keep-alive pool. */
export const r4: Check = {
  id: 'R4',
  title: 'A POST that meets a connection which the origin closes just then',
  level: 'note',
  rule: 'RFC 9112 9.3.1',
  sent: `${rounds} times: a GET whose connection the origin keeps and then closes at the first byte of the next request; then a POST.`,
  judged: 'Tells how many POSTs the client lost, and how many arrived more than once.',
  needs: ['wire', 'http1', 'ledger'],
  isAlone: true,
  async run(probe) {
    let lost = 0
    let twice = 0
    for (let round = 0; round < rounds; round++) {
      await probe.ask({ id: probe.token(), path: '/bin/10', hp: 'fault=keep-alive-race' })
      const id = probe.token()
      const answer = await probe.ask({ id, method: 'POST', body: 'x', path: '/verify' })
      if (statusOf(answer) !== 200) lost++
      if ((await probe.arrivals(id)).length > 1) twice++
    }
    const seen = `${lost} of ${rounds} POSTs were lost, ${twice} arrived more than once.`
    const why =
      lost > 0
        ? 'It reuses connections that the origin may be closing, and tells the client: these are the sporadic 502s of a keep-alive timeout that is shorter than the proxy’s.'
        : 'It does not send a POST on a connection that another client has used, or sends it again when nothing of it can have arrived.'
    return note(seen, why)
  },
}
