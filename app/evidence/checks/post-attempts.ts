import { describe } from '../client/answer.ts'
import type { Request } from '../client/request.ts'
import { showAttempts } from './attempts.ts'
import { type Finding, type Probe, broken, pass, unknown } from './check.ts'

/** Sends a POST that goes wrong the first time: more than one arrival breaks the rule. */
export async function judgePost(
  probe: Probe,
  request: Request & { readonly id: string },
  why: string,
): Promise<Finding> {
  const answer = await probe.ask({ method: 'POST', path: '/verify', ...request })
  const arrivals = await probe.arrivals(request.id)
  const seen = `${showAttempts(arrivals)}; the client got ${describe(answer)}.`
  if (arrivals.length === 0) return unknown('The POST did not reach the origin.', seen)
  return arrivals.length === 1 ? pass(seen) : broken(seen, why)
}
