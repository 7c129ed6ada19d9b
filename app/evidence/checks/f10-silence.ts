import { describe } from '../client/answer.ts'
import { type Check, note } from './check.ts'

const waitMs = 5000

/** An origin that says nothing. */
export const f10: Check = {
  id: 'F10',
  title: 'An origin that falls silent',
  level: 'note',
  rule: 'RFC 9110 15.6.5',
  sent: 'GET /bin/64K twice; the origin sends nothing for a minute, and then nothing after 1024 bytes of body.',
  judged: 'Tells what the client gets within 5 s. Group T looks for longer timeouts.',
  needs: ['wire'],
  async run(probe) {
    const ask = async (fault: string): Promise<string> => {
      const request = { id: probe.token(), path: '/bin/64K', hp: `fault=${fault}` }
      const answer = await probe.ask(request, { ms: waitMs })
      return answer.end === 'timeout' ? `still waiting after ${waitMs / 1000} s` : describe(answer)
    }
    const [before, inside] = await Promise.all([ask('stall@headers:60s'), ask('stall@1024:60s')])
    return note(`Before the head: ${before}. Inside the body: ${inside}.`)
  },
}
