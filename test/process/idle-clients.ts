// Clients that connect and say nothing, in a process of their own, so that their files are not the origin's:
// `node idle-clients.ts PORT COUNT`. It says how many it has opened, and, when the last of them is closed, how they were.
// It ends then, or when its standard input does.
import { once } from 'node:events'
import { connect } from 'node:net'

/** Said when the opening is over. */
export interface Opened {
  readonly opened: number
}

/** Said when none is open any more. */
export interface Closed {
  readonly closed: number
  /** Those of them that were reset. */
  readonly reset: number
}

// Below the engine's backlog of 512, past which connecting takes a second and more.
const batch = 200

// The fast listener closes idle connections after 8 s. What is not open by now is not opened.
const openingMs = 4000

function say(what: Opened | Closed): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}

async function run(port: number, count: number): Promise<void> {
  const beganAt = performance.now()
  const so = { opened: 0, closed: 0, reset: 0, isWhole: false }
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const endIfAllAreClosed = (): void => {
    if (so.isWhole && so.closed === so.opened) end()
  }
  const open = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => so.reset++)
    await once(socket, 'connect')
    so.opened++
    socket.resume()
    socket.once('close', () => {
      so.closed++
      endIfAllAreClosed()
    })
  }
  while (so.opened < count && performance.now() - beganAt < openingMs) {
    await Promise.all(Array.from({ length: Math.min(batch, count - so.opened) }, open))
  }
  so.isWhole = true
  say({ opened: so.opened })
  endIfAllAreClosed()
  await ended
  say({ closed: so.closed, reset: so.reset })
}

if (import.meta.main) {
  process.stdin.on('end', () => process.exit()).resume()
  const [port = 0, count = 0] = process.argv.slice(2).map(Number)
  await run(port, count)
  process.exit()
}
