import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { atEnd } from './at-end.ts'

/** A directory of files (name to content) that is gone with the test. */
export function createDirectory(
  t: TestContext,
  files: Readonly<Record<string, string>> = {},
): string {
  const directory = mkdtempSync(join(tmpdir(), 'hpdummy-unit-'))
  atEnd(t, () => rmSync(directory, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
  return directory
}

/** One file in a directory of its own. */
export function createFile(t: TestContext, content: string, name = 'app.yaml'): string {
  return join(createDirectory(t, { [name]: content }), name)
}
