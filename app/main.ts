import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

// Both kinds of thread start here; each loads its own half only, because the primary never needs the
// engine and a worker never needs the control plane.
if (isMainThread) await startPrimary()
else await startWorker()

async function startWorker(): Promise<void> {
  const { runWorker } = await import('./runtime/worker.ts')
  await runWorker()
}

async function startPrimary(): Promise<void> {
  const { runCommand } = await import('./command.ts')
  const packageFile = new URL('../package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }
  await runCommand({
    argv: process.argv.slice(2),
    env: process.env,
    version,
    entry: new URL(import.meta.url),
  })
}
