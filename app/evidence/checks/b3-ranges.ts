import { type Answer, describe, statusOf, valuesIn } from '../client/answer.ts'
import { type Check, type Probe, broken, note, pass } from './check.ts'
import { bytesOf, payloadOf } from './payload-of.ts'

const size = 100_000
const path = `/bin/${size}?seed=7`
const payload = payloadOf(7, size)

/** A range: what is asked for, where it begins, and how long it is. */
const ranges = [
  ['bytes=500-1499', 500, 1000],
  ['bytes=-100', size - 100, 100],
] as const

const several = [
  [500, 1000],
  [40_000, 200],
] as const

/** A part is the part that was asked for. */
export const b3: Check = {
  id: 'B3',
  title: 'Ranges are the bytes that were asked for',
  level: 'must',
  rule: 'RFC 9110 14',
  sent: 'GET /bin/100000?seed=7 with Range: bytes=500-1499, bytes=-100, both bytes=500-1499,40000-40199, and a range with If-Range: "hpv-other", which the payload has not.',
  judged:
    'Fails when a 206 has other bytes or another Content-Range than asked for, or comes although If-Range does not hold. A whole 200 is allowed, and a refusal of two ranges is a note.',
  needs: ['wire'],
  async run(probe) {
    const whole: string[] = []
    for (const [range, from, count] of ranges) {
      const answer = await ask(probe, [['Range', range]])
      if (isWhole(answer)) whole.push(range)
      else if (!isPart(answer, from, count)) return wrong(range, answer)
    }
    const range = `bytes=${several.map(([from, count]) => `${from}-${from + count - 1}`).join(',')}`
    const parts = await ask(probe, [['Range', range]])
    if (isWhole(parts)) whole.push('two ranges')
    else if (statusOf(parts) < 300 && !areParts(parts)) return wrong(range, parts)
    const other = await ask(probe, [
      ['Range', 'bytes=500-1499'],
      ['If-Range', '"hpv-other"'],
    ])
    if (!isWhole(other)) {
      return broken(
        `Range with an If-Range that does not hold became ${describe(other)}.`,
        'The client has a part of another version, and puts both together (RFC 9110 13.1.5).',
      )
    }
    if (statusOf(parts) >= 400) {
      return note(
        `Two ranges in one request get ${describe(parts)}.`,
        'It cannot pass several parts on. A client must ask for each, or for the whole.',
      )
    }
    if (whole.length === 0) return pass('The parts were right.')
    return note(`The whole came for ${whole.join(', ')}.`, 'A server may ignore Range.')
  },
}

function ask(probe: Probe, fields: readonly (readonly [string, string])[]): Promise<Answer> {
  return probe.ask({ id: probe.token(), path, fields })
}

function isWhole(answer: Answer): boolean {
  return statusOf(answer) === 200 && answer.body.equals(bytesOf(payload, 0, size))
}

function isPart(answer: Answer, from: number, count: number): boolean {
  const [told] = valuesIn(answer, 'content-range')
  return (
    statusOf(answer) === 206 &&
    told === partOf(from, count) &&
    answer.body.equals(bytesOf(payload, from, count))
  )
}

// RFC 9110 14.6.
function areParts(answer: Answer): boolean {
  const [type = ''] = valuesIn(answer, 'content-type')
  const [, boundary] = /^multipart\/byteranges;\s*boundary="?([^";]+)/i.exec(type) ?? []
  if (statusOf(answer) !== 206 || boundary === undefined) return false
  const [, ...parts] = answer.body.toString('latin1').split(`--${boundary}`)
  const found = parts.slice(0, -1).map((part) => {
    const at = part.indexOf('\r\n\r\n')
    const [, told] = /^content-range:\s*(.*)$/im.exec(part.slice(0, at)) ?? []
    return [told?.trim(), part.slice(at + 4, -2)]
  })
  const wanted = several.map(([from, count]) => [
    partOf(from, count),
    bytesOf(payload, from, count).toString('latin1'),
  ])
  return JSON.stringify(found) === JSON.stringify(wanted)
}

function partOf(from: number, count: number): string {
  return `bytes ${from}-${from + count - 1}/${size}`
}

function wrong(range: string, answer: Answer) {
  const [told = 'none'] = valuesIn(answer, 'content-range')
  return broken(
    `Range: ${range} became ${describe(answer)}, Content-Range: ${told}, which is not what was asked for.`,
    'A client puts the parts together by Content-Range.',
  )
}
