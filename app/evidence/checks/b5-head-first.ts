import { describe, showMs } from '../client/answer.ts'
import { type Check, note } from './check.ts'

/** Does the head wait for the body? */
export const b5: Check = {
  id: 'B5',
  title: 'The head passes before the body',
  level: 'note',
  rule: '-',
  sent: 'GET /bin/10; the origin sends the head, and the body 1.5 s later.',
  judged: 'Tells how long before the body the client got the head.',
  needs: ['wire'],
  async run(probe) {
    const answer = await probe.ask({ id: probe.token(), path: '/bin/10', hp: 'body-delay=1500ms' })
    const [first] = answer.pieces
    if (first === undefined) return note(describe(answer))
    const ahead = first.atMs - answer.headMs
    const isHeld = ahead < 500
    return note(
      `The head came ${showMs(ahead)} before the body.`,
      isHeld
        ? 'It holds the head back until the body begins: clients of long polls and streams see nothing until then.'
        : 'It passes the head on at once.',
    )
  },
}
