import { type Check, note } from './check.ts'
import { readEcho } from './read-echo.ts'

const requests = 200

/** How connections to the origin are shared. */
export const c1: Check = {
  id: 'C1',
  title: 'How many connections it opens to the origin',
  level: 'note',
  rule: '-',
  sent: `${requests} requests one after the other, and ${requests} at once, each on a connection of its own to the proxy.`,
  judged: 'Tells the connections by the source address that the origin sees.',
  needs: ['wire'],
  isAlone: true,
  async run(probe) {
    const sources = async (concurrency: number): Promise<Set<string>> => {
      const seen = new Set<string>()
      let left = requests
      const work = async (): Promise<void> => {
        while (left-- > 0) {
          const answer = await probe.ask({ id: probe.token(), path: '/verify' })
          const source = readEcho(answer)?.source_addr
          if (source !== undefined) seen.add(source)
        }
      }
      await Promise.all(Array.from({ length: concurrency }, work))
      return seen
    }
    const one = (await sources(1)).size
    const many = (await sources(requests)).size
    const isPooled = one < requests / 2
    return note(
      `${requests} requests in turn came on ${one} connections, ${requests} at once on ${many}.`,
      isPooled
        ? 'It keeps connections to the origin.'
        : 'It opens a connection for each client: handshakes, and ports in TIME_WAIT.',
    )
  },
}
