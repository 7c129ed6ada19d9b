// node-floor PORT WORKERS: Node with so many idle worker threads and nothing of ours, to know what
// the runtime itself keeps resident. The port only says that all workers run. Without a type in it,
// so that the same text also runs as JavaScript.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

if (isMainThread) {
  const [port, count] = process.argv.slice(2).map(Number)
  const workers = Array.from({ length: count ?? 0 }, () => new Worker(new URL(import.meta.url)))
  await Promise.all(workers.map((worker) => once(worker, 'online')))
  createServer().listen(port, '127.0.0.1')
} else {
  parentPort?.on('message', () => {})
}
