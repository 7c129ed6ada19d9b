// Loaded into an origin by --import: a worker that spins while there is a file of its number, which no
// request can make one do.
import { existsSync } from 'node:fs'
import { isMainThread, workerData } from 'node:worker_threads'

const prefix = process.env['SPIN']

if (!isMainThread && prefix !== undefined) {
  const { index } = workerData as { readonly index: number }
  setInterval(() => {
    while (existsSync(`${prefix}${index}`));
  }, 20).unref()
}
