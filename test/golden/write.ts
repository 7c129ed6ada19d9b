// `npm run golden` writes every generated file; with --check it only says which are stale, of those that need
// npm alone (the chart tier checks what Helm makes).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { withoutHelm } from '../support/chart/helm.ts'
import { type Golden, goldens, helmGoldens } from './goldens.ts'

const isChecking = process.argv.includes('--check')

/** Whether the file is not what it should be; then it is written, unless it is only looked at. */
function isStale({ file, text }: Golden): boolean {
  const wanted = text()
  if (existsSync(file) && readFileSync(file, 'utf8') === wanted) return false
  if (!isChecking) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, wanted)
  }
  process.stdout.write(isChecking ? `${file} is stale: npm run golden\n` : `wrote ${file}\n`)
  return true
}

// One after the other: a later one may be made from the one before.
const stale = goldens.filter(isStale)
if (isChecking && stale.length > 0) process.exitCode = 1
if (!isChecking) {
  const reason = withoutHelm()
  if (reason === false) helmGoldens().filter(isStale)
  else process.stderr.write(`what Helm makes is not written: ${reason}\n`)
}
