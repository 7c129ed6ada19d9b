import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { endWithUs } from '../support/children.ts'
import { findProgram, programPath } from '../support/installed.ts'
import { guestPrograms, writeImage } from './image.ts'
import { fetchKernel, missingKernel } from './kernel.ts'
import type { Reports } from './reports.ts'

const emulator = 'qemu-system-x86_64'

// It needs one, on two cores that have nothing else to do.
const lifeMs = 8 * 60_000

// A machine that is emulated on a busy host can miss the ticks by which a kernel tests its timer; the
// kernel would give up.
const kernelWords = 'console=ttyS0 quiet panic=-1 no_timer_check'

/** Why no machine can be made here; false when one can, which is what `skip` takes. */
export function missingMachine(): string | false {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return 'the machine runs this very Node, which has to be one for Linux on x86-64'
  }
  if (findProgram(emulator) === undefined) {
    return `${emulator} is not installed (Debian package qemu-system-x86)`
  }
  const absent = [...guestPrograms, 'ldd'].filter((name) => findProgram(name) === undefined)
  if (absent.length > 0) return `not installed: ${absent.join(', ')} (iproute2, util-linux, mount)`
  return missingKernel()
}

/** A virtual machine of four CPUs whose only work is test/vm/guest/main.ts. */
export class Machine {
  readonly #directory: string
  readonly #child: ChildProcess
  readonly #reports = new Map<string, unknown>()
  readonly #news = new EventEmitter()
  readonly #ended: Promise<unknown>
  #isOver = false

  private constructor(kernel: string, directory: string) {
    this.#directory = directory
    // Emulated, because a machine in the cloud rarely lets its own guests use the processor's help.
    const words = `-accel tcg,thread=multi -smp 4 -m 2048 -nodefaults -display none -no-reboot
      -serial file:${this.#consoleFile} -serial stdio -kernel ${kernel} -initrd ${imageFile(directory)}`
    const child = spawn(programPath(emulator), [...words.split(/\s+/), '-append', kernelWords], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [name, report] = JSON.parse(line) as [string, unknown]
      this.#reports.set(name, report)
      this.#news.emit('news')
    })
    const kill = (): unknown => child.kill('SIGKILL')
    const timer = setTimeout(kill, lifeMs)
    endWithUs(child)
    this.#child = child
    this.#ended = once(child, 'close').then(() => {
      clearTimeout(timer)
      this.#isOver = true
      return this.#news.emit('news')
    })
  }

  /** Makes the image and switches the machine on. */
  static async boot(): Promise<Machine> {
    const kernel = await fetchKernel()
    const directory = mkdtempSync(join(tmpdir(), 'hpdummy-vm-'))
    try {
      writeImage(imageFile(directory), join(directory, 'compiled'))
      return new Machine(kernel, directory)
    } catch (error) {
      rmSync(directory, { recursive: true })
      throw error
    }
  }

  /** Resolves to what the machine says under this name, as soon as it does; rejects when it is over before. */
  async report<Name extends keyof Reports>(name: Name): Promise<Reports[Name]> {
    while (!this.#reports.has(name)) {
      if (this.#isOver)
        throw new Error(`the machine ended and never said '${name}'${this.#console}`)
      await once(this.#news, 'news')
    }
    return this.#reports.get(name) as Reports[Name]
  }

  /** Switches the machine off and removes what was made for it. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
    rmSync(this.#directory, { recursive: true })
  }

  get #consoleFile(): string {
    return join(this.#directory, 'console')
  }

  /** The last of what the kernel, the shell and Node complained of. */
  get #console(): string {
    if (!existsSync(this.#consoleFile)) return ''
    return `; its console:\n${readFileSync(this.#consoleFile, 'utf8').slice(-4000)}`
  }
}

function imageFile(directory: string): string {
  return join(directory, 'image')
}
