import { type Answer, valuesIn } from './answer.ts'

const part = /(?:^|[,\s])(?:queue|work)\s*;\s*dur=(\d+(?:\.\d+)?)/g

/** Milliseconds that the origin says it took (Server-Timing: queue and work); undefined where an answer says nothing. */
export function originMsOf(answer: Pick<Answer, 'head'>): number | undefined {
  const told = [...valuesIn(answer, 'server-timing').join(', ').matchAll(part)]
  if (told.length === 0) return undefined
  return told.reduce((sum, [, ms]) => sum + Number(ms), 0)
}
