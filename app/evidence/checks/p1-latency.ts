import { originMsOf } from '../client/server-timing.ts'
import {
  type Check,
  type Client,
  type Probe,
  leastHeadroom,
  note,
  pause,
  unknown,
} from './check.ts'

const pairs = 100
// The origin tells of its last full second.
const secondMs = 1100

/** What the proxy adds to each request. */
export const p1: Check = {
  id: 'P1',
  title: 'Latency that it adds',
  level: 'note',
  rule: '-',
  sent: `${pairs} pairs of GET /bin/100, one straight to the origin and one through the proxy, by turns, on kept connections.`,
  judged:
    "Tells the quantiles of the difference of each pair, the interval of the median (95 %), and the origin's headroom meanwhile. The time that the origin itself took (Server-Timing) is taken off both.",
  needs: ['proxy'],
  isAlone: true,
  async run(probe) {
    const { control } = probe
    if (control === undefined) return unknown('There is no way to the origin without the proxy.')
    const before = await probe.headroom()
    const [through, direct] = [await probe.open(), await control.open()]
    const differences: number[] = []
    const own: number[] = []
    for (let pair = 0; pair < pairs; pair++) {
      // Which of the two comes first takes turns, so that neither always finds warm caches.
      const isFirst = pair % 2 === 0
      const one = isFirst ? await time(through, probe) : await time(direct, control)
      const other = isFirst ? await time(direct, control) : await time(through, probe)
      const [long, short] = isFirst ? [one, other] : [other, one]
      const isTold = long.originMs !== undefined && short.originMs !== undefined
      // What only one of the two tells would make the difference wrong.
      differences.push(isTold ? long.restMs - short.restMs : long.wholeMs - short.wholeMs)
      if (long.originMs !== undefined) own.push(long.originMs)
      await pause(5)
    }
    through.close()
    direct.close()
    await pause(secondMs)
    const after = await probe.headroom()
    return note(`${quantiles(differences)}${originPart(own)}${roomPart(before, after)}.`)
  },
}

interface Timed {
  readonly wholeMs: number
  readonly originMs: number | undefined
  readonly restMs: number
}

async function time(client: Client, of: Probe): Promise<Timed> {
  const began = performance.now()
  const answer = await client.ask({ path: '/bin/100', id: of.token() })
  const wholeMs = performance.now() - began
  const originMs = originMsOf(answer)
  return { wholeMs, originMs, restMs: wholeMs - (originMs ?? 0) }
}

function quantiles(differences: readonly number[]): string {
  const at = (share: number): string => showFine(quantile(differences, share))
  return `p50 ${at(0.5)} (from ${at(0.4)} to ${at(0.6)}), p90 ${at(0.9)}, p99 ${at(0.99)}`
}

function originPart(own: readonly number[]): string {
  if (own.length === 0) return "; the origin's own time did not come through (Server-Timing)"
  return `, without the origin's own time (p50 ${showFine(quantile(own, 0.5))})`
}

function roomPart(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined) return ''
  const least = Math.min(before, after)
  const told = `the origin had at least ${Math.round(least * 100)} % of its headroom`
  return least < leastHeadroom ? `; ${told}, and was the bottleneck` : `; ${told}`
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.floor(share * (values.length - 1))] ?? 0
}

function showFine(ms: number): string {
  return `${ms.toFixed(2)} ms`
}
