// `npm run golden` writes every generated file; with --check it only says which are stale.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { goldens } from './goldens.ts'

const isChecking = process.argv.includes('--check')
const stale = goldens.filter(({ file, text }) => {
  const wanted = text()
  if (existsSync(file) && readFileSync(file, 'utf8') === wanted) return false
  if (!isChecking) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, wanted)
  }
  return true
})
for (const { file } of stale) {
  process.stdout.write(isChecking ? `${file} is stale: npm run golden\n` : `wrote ${file}\n`)
}
if (isChecking && stale.length > 0) process.exitCode = 1
