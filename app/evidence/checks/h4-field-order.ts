import { valuesIn, valuesOf } from '../client/answer.ts'
import { type Check, broken, note, pass } from './check.ts'

const values = ['one', 'two', 'three'] as const
const wanted = values.join(', ')

/** Lines of the same name keep their order. */
export const h4: Check = {
  id: 'H4',
  title: 'Lines of the same name keep their order',
  level: 'must',
  rule: 'RFC 9110 5.3',
  sent: 'A request and an answer with three lines of X-Order each: one, two, three.',
  judged:
    'Fails when the order is another on the other side or a value is lost. Joining them with commas is allowed.',
  needs: ['wire'],
  async run(probe) {
    const id = probe.token()
    const fields = values.map((value) => ['X-Order', value] as const)
    const hp = values.map((value) => `header=X-Order:${value}`).join('; ')
    const answer = await probe.ask({ id, fields, hp })
    const received = await probe.received(id, answer)
    const forth = valuesOf(received.fields, 'x-order')
    const back = valuesIn(answer, 'x-order')
    if (normal(forth) !== wanted || normal(back) !== wanted) {
      return broken(
        `The origin got ${show(forth)}; the client got ${show(back)}.`,
        'A proxy must not change the order of lines of the same name.',
      )
    }
    const isJoined = forth.length < values.length || back.length < values.length
    if (isJoined) return note('The values were joined in one line, in order.', 'This is allowed.')
    return pass('Three lines arrived in order, both ways.')
  },
}

function normal(lines: readonly string[]): string {
  return lines
    .join(',')
    .split(',')
    .map((value) => value.trim())
    .join(', ')
}

function show(lines: readonly string[]): string {
  return lines.length === 0 ? 'none' : lines.map((line) => JSON.stringify(line)).join(', ')
}
