import { execFileSync } from 'node:child_process'
import type { TestContext } from 'node:test'

import { atEnd } from './at-end.ts'

let made = 0

/** Why there can be no machine of its own beside ours; false when there can, which is what `skip` takes. */
export function missingNetwork(): string | false {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux'
  if (process.getuid?.() !== 0) return 'making a network takes root'
  const name = `hpdummy-probe-${process.pid}`
  try {
    ip('netns', 'add', name)
    ip('netns', 'del', name)
    return false
  } catch (error) {
    return `no network can be made: ${error instanceof Error ? error.message : ''}`
  }
}

/** Another machine: a network namespace with a cable to ours. It goes with the test. */
export class Machine {
  /** Ours, as the other machine sees it. */
  readonly address: string
  readonly #name: string

  private constructor() {
    made++
    // Of the range for tests of network devices (RFC 2544).
    const network = `198.18.${process.pid % 256}`
    const at = made * 4
    this.address = `${network}.${at + 1}`
    this.#name = `hpdummy-${process.pid}-${made}`
    const [ours, theirs] = [`hp${process.pid}-${made}a`, `hp${process.pid}-${made}b`]
    ip('netns', 'add', this.#name)
    ip('link', 'add', ours, 'type', 'veth', 'peer', 'name', theirs, 'netns', this.#name)
    ip('addr', 'add', `${this.address}/30`, 'dev', ours)
    ip('link', 'set', ours, 'up')
    ip('-n', this.#name, 'addr', 'add', `${network}.${at + 2}/30`, 'dev', theirs)
    ip('-n', this.#name, 'link', 'set', theirs, 'up')
  }

  static create(t: TestContext): Machine {
    const machine = new Machine()
    atEnd(t, () => ip('netns', 'del', machine.#name))
    return machine
  }

  /** Words that run a program there. */
  on(path: string, words: readonly string[]): readonly [path: string, words: readonly string[]] {
    return ['ip', ['netns', 'exec', this.#name, path, ...words]]
  }

  /** The machine is gone as by a power cut: whatever comes for us from there, a FIN or a reset too, is lost. */
  vanish(): void {
    ip('-n', this.#name, 'route', 'add', 'blackhole', `${this.address}/32`)
  }
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] })
}
