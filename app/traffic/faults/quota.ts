import { formatDurationMs } from '../units.ts'
import { type Fault, everyHttp } from './plan.ts'

const statusAfter = /:[45]\d\d(?!\d)/y

/** So many requests in each period. */
export const quota: Fault = {
  name: 'quota',
  syntax: '=<requests>/<period>[:<status>]',
  examples: ['quota=100/60s', 'quota=100/60s:429'],
  effect:
    'So many requests in each period are answered, and further ones get that status (429) with Retry-After. Every answer has RateLimit-Policy and RateLimit.',
  proxy:
    'A proxy passes the refusal on; if it tries again, it waits as Retry-After says (RFC 9110 10.2.3).',
  carriers: everyHttp,
  scan(scanner) {
    const most = scanner.integer([0, 999_999_999])
    scanner.expect('/', 'a slash and the period: 100/60s')
    const { at } = scanner
    const periodMs = scanner.durationMs()
    if (periodMs < 1) scanner.fail('a period of 1ms or more', at)
    const status = Number((scanner.take(statusAfter) ?? ':429').slice(1))
    return {
      text: `${most}/${formatDurationMs(periodMs)}:${status}`,
      plan({ within }) {
        const { count, leftMs } = within(periodMs)
        const left = Math.max(0, most - count)
        const seconds = Math.ceil(leftMs / 1000)
        const fields = [
          ['RateLimit-Policy', `"hp";q=${most};w=${Math.max(1, Math.round(periodMs / 1000))}`],
          ['RateLimit', `"hp";r=${left};t=${seconds}`],
        ] as const
        if (count <= most) return { notes: fields }
        return { status, notes: [['Retry-After', String(seconds)], ...fields] }
      },
    }
  },
}
