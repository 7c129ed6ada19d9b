import { readFileSync } from 'node:fs'
import { isMainThread, workerData } from 'node:worker_threads'

import { type LoadThreadData, isLoadThread } from './load/messages.ts'
import { isPoolThread, runPoolThread } from './runtime/pool/pool-thread.ts'
import { type TakenSignal, signalActions } from './runtime/signals.ts'

// Every kind of thread starts here, and each loads only its own part: the primary never needs the engine, a worker
// never needs the control plane, and a thread of the compute pool needs neither.
if (isMainThread) await startPrimary()
else if (isPoolThread(workerData)) runPoolThread()
else if (isLoadThread(workerData)) await startLoad(workerData)
else await startWorker()

async function startLoad(data: LoadThreadData): Promise<void> {
  const { runLoadThread } = await import('./load/thread.ts')
  await runLoadThread(data)
}

async function startWorker(): Promise<void> {
  const { runWorker } = await import('./runtime/workers/worker.ts')
  await runWorker()
}

async function startPrimary(): Promise<void> {
  // As process 1 of a container, Node ignores every signal without a listener: a pod that was deleted in its first 0.2
  // s stayed until its grace period was over. Until there is something to drain, a signal ends the process. The
  // listener stays, because otherwise a signal that was caught but not delivered yet would be lost.
  const signals = { tell: endAtOnce }
  for (const signal of Object.keys(signalActions) as TakenSignal[])
    process.on(signal, () => signals.tell(signal))
  const { runCommand } = await import('./commands/dispatch.ts')
  const packageFile = new URL('../package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  process.exitCode = await runCommand({
    argv: process.argv.slice(2),
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    version,
    entry: new URL(import.meta.url),
    takeSignals(take) {
      signals.tell = take
    },
  })
}

// A reader that has seen enough, as in `hpdummy --help | head -1`, is not an error.
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

function endAtOnce(signal: TakenSignal): void {
  if (signalActions[signal] === 'drain') process.exit(0)
}
