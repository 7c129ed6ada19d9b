// Loaded into an origin before its own code (`--import`): takes every file the process may still open, as a
// leak somewhere in it would. It does so while the file that HOLD_FILES names is there: once, or, while one
// with `-again` behind that name is there as well, whenever one has become free.
import { closeSync, existsSync, openSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const sign = process.env['HOLD_FILES'] ?? ''
const held: number[] = []

function holdAll(): void {
  try {
    for (;;) held.push(openSync('/dev/null', 'r'))
  } catch {
    // There are no more.
  }
}

function look(): void {
  if (!existsSync(sign)) for (const file of held.splice(0)) closeSync(file)
  else if (held.length === 0 || existsSync(`${sign}-again`)) holdAll()
}

if (isMainThread) setInterval(look, 20).unref()
