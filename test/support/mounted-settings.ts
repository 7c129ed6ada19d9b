import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { type TestOrigin, type TestSettings, startOrigin } from './origin.ts'
import { createDirectory } from './programs.ts'

const fileName = 'app.yaml'

/** A ConfigMap mounted as a directory, changed the way the kubelet's AtomicWriter does it. */
export class MountedSettings {
  readonly path: string
  #round = 0

  constructor(t: TestContext, text: string) {
    this.path = createDirectory(t)
    this.write(text)
    symlinkSync(join('..data', fileName), join(this.path, fileName))
  }

  /** Writes a new directory, renames a symlink to it over `..data`, removes the old one. */
  write(text: string): void {
    const [old, next] = [this.#name(this.#round), this.#name(++this.#round)]
    mkdirSync(join(this.path, next))
    writeFileSync(join(this.path, next, fileName), text)
    symlinkSync(next, join(this.path, '..data_tmp'))
    renameSync(join(this.path, '..data_tmp'), join(this.path, '..data'))
    rmSync(join(this.path, old), { recursive: true, force: true })
  }

  #name(round: number): string {
    return `..2026_11_21_00_00_00.${round}`
  }
}

export interface Mounted {
  readonly origin: TestOrigin
  readonly mount: MountedSettings
}

/** An origin whose settings come from a mounted directory; what is set in the environment wins. */
export async function startMounted(
  t: TestContext,
  text: string,
  settings: TestSettings = {},
): Promise<Mounted> {
  const mount = new MountedSettings(t, text)
  // An empty variable is none, so the file has its say on workers.
  const origin = await startOrigin(t, {
    workers: '',
    'drain.notice': '1s',
    ...settings,
    config: mount.path,
  })
  return { origin, mount }
}
