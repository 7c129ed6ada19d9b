import { type Check, type Probe, note, pause, unknown } from './check.ts'

const pairs = 100

/** What the proxy adds to each request. */
export const p1: Check = {
  id: 'P1',
  title: 'Latency that it adds',
  level: 'note',
  rule: '-',
  sent: `${pairs} pairs of GET /bin/100, one straight to the origin and one through the proxy, by turns, on kept connections.`,
  judged:
    'Tells the quantiles of the difference of each pair, and the interval of the median (95 %).',
  needs: ['proxy'],
  isAlone: true,
  async run(probe) {
    const { control } = probe
    if (control === undefined) return unknown('There is no way to the origin without the proxy.')
    const [through, direct] = [await probe.open(), await control.open()]
    const differences: number[] = []
    const time = async (client: typeof through, of: Probe): Promise<number> => {
      const began = performance.now()
      await client.ask({ path: '/bin/100', id: of.token() })
      return performance.now() - began
    }
    for (let pair = 0; pair < pairs; pair++) {
      // Which of the two comes first takes turns, so that neither always finds warm caches.
      const isFirst = pair % 2 === 0
      const one = isFirst ? await time(through, probe) : await time(direct, control)
      const other = isFirst ? await time(direct, control) : await time(through, probe)
      differences.push(isFirst ? one - other : other - one)
      await pause(5)
    }
    through.close()
    direct.close()
    const sorted = differences.toSorted((one, other) => one - other)
    const at = (share: number): string =>
      `${(sorted[Math.floor(share * (pairs - 1))] ?? 0).toFixed(2)} ms`
    return note(`p50 ${at(0.5)} (from ${at(0.4)} to ${at(0.6)}), p90 ${at(0.9)}, p99 ${at(0.99)}.`)
  },
}
