import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

import { atEnd } from '../support/at-end.ts'
import { endWithUs } from '../support/children.ts'
import type { TestOrigin } from '../support/origin.ts'
import type { AttackName } from './attacks.ts'
import type { Spoils } from './storm.ts'

/** How many connections each attack opens. */
export type Plan = Readonly<Partial<Record<AttackName, number>>>

export type Result = Readonly<Partial<Record<AttackName, Spoils>>>

/** Attackers at work. */
export interface Siege {
  /** Stops them where they are, as a machine that hangs or vanishes does: no byte is read or sent, no FIN. */
  freeze(): void
  /** Ends them all at once; resolves to what came of it. */
  lift(): Promise<Result>
}

const script = fileURLToPath(new URL('besieger.ts', import.meta.url))

/** Attacks `origin` from another process, outside of its groups; it ends with the test. */
export function besiege(t: TestContext, { ports }: TestOrigin, plan: Plan): Siege {
  const words = [script, JSON.stringify(ports), JSON.stringify(plan)]
  const child = endWithUs(spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] }))
  const exited = once(child, 'exit')
  const said = text(child.stdout)
  atEnd(t, async () => {
    child.kill('SIGKILL')
    await exited
  })
  const lift = async (): Promise<Result> => {
    child.kill('SIGCONT')
    child.stdin.end()
    const result = await said
    await exited
    return JSON.parse(result === '' ? '{}' : result) as Result
  }
  return { freeze: () => void child.kill('SIGSTOP'), lift }
}
