/** What a job may do with the thread that it has for itself. */
export interface JobThread {
  /** Blocks for a time; for less when the job is given up. */
  readonly sleep: (ms: number) => void
  /** Whether somebody still waits for the result. */
  readonly isWanted: () => boolean
  /** CPU time of the thread so far. */
  readonly cpuMs: () => number
}

type Run = (argument: number, thread: JobThread) => number

/** Results are these powers of numbers up to this. */
export const largestNumber = 1_000_000

const complexMs = 5

/** What the compute pool can do, in the order of the kinds' numbers; the argument is a time in ms or a number. */
const jobs = {
  wait(ms, { sleep }) {
    sleep(ms)
    return ms
  },
  burn(ms, { isWanted, cpuMs }) {
    const begun = cpuMs()
    let number = 1
    while (isWanted() && cpuMs() - begun < ms) number = scramble(number)
    return number
  },
  intensive: scramble,
  complex(number, { sleep }) {
    sleep(complexMs)
    return square(number)
  },
} as const satisfies Readonly<Record<string, Run>>

export type JobKind = keyof typeof jobs

const kinds = Object.keys(jobs) as readonly JobKind[]

/** The number of a kind, as it stands in shared memory. */
export function numberOfKind(kind: JobKind): number {
  return kinds.indexOf(kind)
}

/** Does the job of the kind with that number. */
export function runJob(kind: number, argument: number, thread: JobThread): number {
  const name = kinds[kind]
  if (name === undefined) throw new RangeError(`there is no job of kind ${kind}`)
  return jobs[name](argument, thread)
}

/** The fast computation. */
export function square(number: number): number {
  return number * number
}

/** The intensive computation of an integer: 10,000 rounds of x * 31 modulo 1,000,000, some 30 us. */
export function scramble(number: number): number {
  // An integer to V8, too: out of shared memory comes a float, whose modulo takes 5 times as long.
  let x = number | 0
  for (let round = 0; round < 10_000; round++) x = (x * 31) % 1_000_000
  return x
}
