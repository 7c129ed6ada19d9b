import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import type { LogLine } from '../../support/origin.ts'
import { scrape } from '../../support/scrape.ts'
import { pause, until, within } from '../../support/wait.ts'
import type { End } from '../reports.ts'
import { enter } from './groups.ts'

// A worker takes seconds to start where every instruction is emulated.
const patienceMs = 180_000

// Asking costs what the workers need to start.
const lookMs = 200

const ports = { http: 8080, admin: 9000 } as const

const settings = {
  HPDUMMY_HTTP_HOST: '127.0.0.1',
  HPDUMMY_HTTP_PORT: String(ports.http),
  HPDUMMY_ADMIN_HOST: '127.0.0.1',
  HPDUMMY_ADMIN_PORT: String(ports.admin),
}

interface Configz {
  readonly workers: readonly { readonly index: number; readonly isLeaving: boolean }[]
}

/** The origin, a process of a group. */
export class OriginProcess {
  readonly port = ports.http
  readonly #lines: LogLine[] = []
  readonly #child: ChildProcess
  readonly #exited: Promise<number | string>
  #isOver = false
  #read = 0

  constructor(group: string) {
    const child = spawn('sh', enter(group, ['node', 'app/main.js']), {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#lines.push(JSON.parse(line) as LogLine)
    })
    this.#child = child
    this.#exited = once(child, 'close').then(([code, signal]) => {
      this.#isOver = true
      return (code ?? signal) as number | string
    })
  }

  /** Resolves to the next line that says this, after the one before; lines between are passed over. */
  async next(message: string): Promise<LogLine> {
    let found: LogLine | undefined
    const find = (): boolean => {
      while (found === undefined && this.#read < this.#lines.length) {
        const line = this.#lines[this.#read++]
        if (line?.msg === message) found = line
      }
      if (found === undefined && this.#isOver) {
        throw new Error(`the origin ended: ${JSON.stringify(this.#lines.at(-1))}`)
      }
      return found !== undefined
    }
    await until(`the origin logs '${message}'`, find, { ms: patienceMs })
    return found ?? {}
  }

  /** Resolves to the workers' numbers as soon as they are as wanted and none is leaving. */
  async workersThat(are: (numbers: readonly number[]) => boolean): Promise<readonly number[]> {
    let numbers: readonly number[] = []
    const look = async (): Promise<boolean> => {
      await pause(lookMs)
      const { workers } = JSON.parse(await this.#page('/configz')) as Configz
      numbers = workers.map(({ index }) => index)
      return workers.every(({ isLeaving }) => !isLeaving) && are(numbers)
    }
    await until('the workers have changed', look, { ms: patienceMs })
    return numbers
  }

  /** A metric as it is now; undefined when there is none of that name. */
  async metric(name: string): Promise<number | undefined> {
    return (await scrape({ ports })).value(name)
  }

  /** Asks it to end, and resolves when it has. */
  async end(): Promise<End> {
    this.#child.kill('SIGTERM')
    const code = await within('the origin ends', this.#exited, { ms: patienceMs })
    const phases = this.#lines.flatMap(({ msg, phase }) => (msg === 'drain phase' ? [phase] : []))
    return { code, phases }
  }

  async #page(path: string): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${ports.admin}${path}`)
    return answer.text()
  }
}
