import { once } from 'node:events'
import { type MessagePort, parentPort } from 'node:worker_threads'

import { Generator } from './generator.ts'
import type { Counts, FromLoadThread, LoadThreadData, ToLoadThread } from './messages.ts'
import { Tally } from './tally.ts'

const secondMs = 1000

/** A load thread: warms up, waits for the word to go, sends, and tells what came of it. */
export async function runLoadThread({ traffic, share }: LoadThreadData): Promise<void> {
  const port = parentPort
  if (port === null) throw new Error('a load thread has no parent')
  const say = (message: FromLoadThread): void => port.postMessage(message)
  const duty = { share, tally: new Tally() }
  if (traffic.warmUp !== undefined) await warmUp({ traffic, share, kind: 'load' }, port)
  const going = once(port, 'message') as Promise<[ToLoadThread]>
  say({ kind: 'ready', times: duty.tally.times })
  const [word] = await going
  const { schedule, connections } = traffic
  const startMs = performance.now()
  const generator = new Generator(traffic, { schedule, connections }, duty)
  port.on('message', () => generator.stop())
  if (word === 'stop') generator.stop()
  const seconds = setInterval(() => {
    const over = duty.tally.turnSecond()
    say({ kind: 'second', counts: countsOf(duty.tally, generator), over })
  }, secondMs)
  await generator.run()
  clearInterval(seconds)
  const { tally } = duty
  say({ kind: 'second', counts: countsOf(tally, generator), over: tally.turnSecond() })
  say({
    kind: 'done',
    counts: countsOf(tally, generator),
    statuses: tally.statuses,
    errors: tally.errors,
    connections: tally.connections,
    waited: tally.waited,
    unsent: generator.unsent,
    busyRatio: generator.busyRatio,
    elapsedMs: performance.now() - startMs,
  })
  port.close()
}

// The run has a name, and so the ledger counts; what comes before it is not of the run.
async function warmUp({ traffic, share }: LoadThreadData, port: MessagePort): Promise<void> {
  const { warmUp: schedule, warmUpConnections: connections } = traffic
  if (schedule === undefined) return
  const unnamed = { ...traffic, run: undefined }
  const generator = new Generator(unnamed, { schedule, connections }, { share, tally: new Tally() })
  const stop = (): void => generator.stop()
  port.once('message', stop)
  await generator.run()
  port.off('message', stop)
}

function countsOf(tally: Tally, { inFlight }: Generator): Counts {
  const { sent, answered, refused, failed, bytesRead } = tally
  return { sent, answered, refused, failed, inFlight, bytesRead }
}
