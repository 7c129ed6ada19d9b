import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { ConfigWatch } from '../../../../app/runtime/reload/config-watch.ts'
import { createDirectory, createFile } from '../../../support/directory.ts'
import { pause, until } from '../../../support/wait.ts'

// Far below the poll of ten seconds, so that what is seen in time was seen by the watch.
const seenMs = 3000

// Longer than the hundred milliseconds a change is given to settle.
const quietMs = 250

interface Watched {
  readonly watch: ConfigWatch
  readonly calls: () => number
  /** Does something and waits until it was seen, and nothing more comes. */
  readonly sees: (change: () => void) => Promise<number>
}

function watched(t: TestContext, path: string): Watched {
  let count = 0
  const calls = (): number => count
  const watch = new ConfigWatch(path, () => count++)
  // The watch holds no process open; something must while we wait.
  const held = setInterval(() => {}, 1000)
  t.after(() => {
    clearInterval(held)
    watch.close()
  })
  const sees = async (change: () => void): Promise<number> => {
    const before = calls()
    change()
    await until('a change is seen', () => calls() > before, { ms: seenMs }).catch(() => {})
    // And no second time.
    await pause(quietMs)
    return calls() - before
  }
  return { watch, calls, sees }
}

/** The kubelet's swap: a new directory beside the old one, and a symlink renamed over `..data`. */
function swap(directory: string, name: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(directory, name))
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(directory, name, file), text)
  }
  symlinkSync(name, join(directory, '..data_tmp'))
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
}

function createMount(t: TestContext): string {
  const directory = createDirectory(t)
  swap(directory, '..2026_0', { 'app.yaml': 'workers: 1\n' })
  symlinkSync(join('..data', 'app.yaml'), join(directory, 'app.yaml'))
  return directory
}

test('each of three swaps of a mounted directory is seen once', async (t) => {
  const directory = createMount(t)
  const { sees } = watched(t, directory)
  for (const round of [1, 2, 3]) {
    const seen = await sees(() => {
      swap(directory, `..2026_${round}`, { 'app.yaml': `workers: ${round}\n` })
      rmSync(join(directory, `..2026_${round - 1}`), { recursive: true })
    })
    assert.equal(seen, 1, `swap ${round}`)
  }
})

test('each of three swaps is seen when the file in the mounted directory is named', async (t) => {
  const directory = createMount(t)
  const { sees } = watched(t, join(directory, 'app.yaml'))
  for (const round of [1, 2, 3]) {
    const seen = await sees(() => swap(directory, `..2026_${round}`, { 'app.yaml': '{}\n' }))
    assert.equal(seen, 1, `swap ${round}`)
  }
})

test('a file replaced by a rename is seen every time', async (t) => {
  const file = createFile(t, 'workers: 1\n')
  const { sees } = watched(t, file)
  for (const round of [1, 2, 3]) {
    writeFileSync(`${file}.new`, `workers: ${round}\n`)
    assert.equal(await sees(() => renameSync(`${file}.new`, file)), 1, `rename ${round}`)
  }
})

test('a file edited in place is seen every time', async (t) => {
  const file = createFile(t, 'workers: 1\n')
  const { sees } = watched(t, file)
  for (const round of [1, 2, 3]) {
    assert.equal(await sees(() => writeFileSync(file, `workers: ${round}\n`)), 1, `edit ${round}`)
  }
})

test('many changes at once are one', async (t) => {
  const file = createFile(t, '')
  const { sees } = watched(t, file)
  const seen = await sees(() => {
    for (let count = 0; count < 50; count++) writeFileSync(file, `limits.count: ${count}\n`)
  })
  assert.equal(seen, 1)
})

test('a directory may be removed and made again', async (t) => {
  const directory = join(createDirectory(t), 'mounted')
  mkdirSync(directory)
  const { sees, watch } = watched(t, directory)
  const seen = await sees(() => rmSync(directory, { recursive: true }))
  assert.ok(seen >= 1, 'its removal is seen')
  mkdirSync(directory)
  writeFileSync(join(directory, 'app.yaml'), 'workers: 1\n')
  await pause(quietMs)
  watch.close()
})

test('a file in a directory that was made again is seen without waiting for the poll', async (t) => {
  const directory = join(createDirectory(t), 'mounted')
  mkdirSync(directory)
  const { sees } = watched(t, directory)
  await sees(() => rmSync(directory, { recursive: true }))
  mkdirSync(directory)
  const seen = await sees(() => writeFileSync(join(directory, 'app.yaml'), 'workers: 1\n'))
  assert.ok(seen >= 1)
})

test('a missing path is not an error', async (t) => {
  const { calls, watch } = watched(t, join(createDirectory(t), 'no', 'such', 'app.yaml'))
  await pause(quietMs)
  assert.equal(calls(), 0)
  watch.close()
})

test('there is no call after the end, not even for earlier changes', async (t) => {
  const file = createFile(t, '')
  const { calls, watch } = watched(t, file)
  writeFileSync(file, 'workers: 1\n')
  await pause(20)
  watch.close()
  writeFileSync(file, 'workers: 2\n')
  await pause(quietMs)
  assert.equal(calls(), 0)
})

test('a watch closed twice is closed', (t) => {
  const { watch } = watched(t, createFile(t, ''))
  watch.close()
  watch.close()
})
