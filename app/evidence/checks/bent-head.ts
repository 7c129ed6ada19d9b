import { type Answer, describe, statusOf } from '../client/answer.ts'
import { type Finding, type Probe, broken, pass } from './check.ts'

/** Asks for a head that must be mended or refused, and looks for what must not come through. */
export async function judgeHead(
  probe: Probe,
  kind: string,
  { isRaw, why }: { readonly isRaw: (lines: readonly string[]) => boolean; readonly why: string },
): Promise<Finding> {
  const request = { id: probe.token(), path: '/bin/100', hp: `fault=head=${kind}` }
  const answer = await probe.ask(request)
  const lines = answer.head?.lines ?? []
  if (isRaw(lines)) return broken(`The client got it as it was: ${show(lines)}.`, why)
  return pass(`${mended(answer)}: ${describe(answer)}.`)
}

function mended(answer: Answer): string {
  return statusOf(answer) >= 500 || statusOf(answer) === 0 ? 'Refused' : 'Mended or left out'
}

function show(lines: readonly string[]): string {
  return lines
    .filter((line) => /x-hp-(?:fold|space|control|smuggled)|^[ \t]/i.test(line))
    .map((line) => JSON.stringify(line))
    .join(', ')
}
