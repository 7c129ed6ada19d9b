import type { Plan } from '../../traffic/faults/plan.ts'

/** Settings of TCP connections (`tcp.*` of class hot). */
export interface TcpTuning {
  /** Sent first, by rows that greet; `\n` and `\r` written as two characters are line ends. */
  readonly greeting: string | undefined
  /** Received; Infinity for never. */
  readonly resetAfterBytes: number
  /** Received and sent; Infinity for any number. */
  readonly connectionBytes: number
  /** 0 is no limit. */
  readonly connectionTimeMs: number
  /** 0 is never. */
  readonly idleMs: number
  /** False switches resets off. */
  readonly hasFaults: boolean
}

/** What goes wrong with a connection, by the settings. */
export function planConnection({ hasFaults, resetAfterBytes }: TcpTuning): Plan {
  return hasFaults ? { resetAfterBytes } : {}
}
