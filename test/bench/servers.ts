// Starts and ends the servers of a case, each pinned to the server core.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, connect, type AddressInfo } from 'node:net'
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

import { findTool, repositoryDirectory } from './toolchain.ts'

export const serverCore = '0'
export const clientCore = '1'

const readyTimeoutMs = 15_000
// An origin drains for longer than a bench wants to wait; nothing is in flight when it is ended.
const endTimeoutMs = 3_000

export interface Ports {
  readonly traffic: number
  readonly admin: number
}

export interface Command {
  readonly words: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Removes what the command needed on disk. */
  readonly cleanUp?: () => void
}

/** One server of a case: its name in the tables, how it is started, and what tells it is ready. */
export interface Contestant {
  readonly name: string
  readonly prepare: (ports: Ports) => Command
  /** Path on the admin port that answers 200 when ready; without it, an open traffic port is. */
  readonly readyPath?: string
  /** Runs on any core, where what is judged is how it shares them. */
  readonly isUnpinned?: boolean
}

export interface Server {
  readonly name: string
  readonly pid: number
  readonly port: number
  readonly end: () => Promise<void>
}

const alive = new Set<ChildProcess>()

/** Ends what still runs without waiting: for the ways out of the bench itself. */
export function killServers(): void {
  for (const child of alive) child.kill('SIGKILL')
}

export async function startServer(contestant: Contestant): Promise<Server> {
  const [traffic, admin] = await Promise.all([findFreePort(), findFreePort()])
  const command = contestant.prepare({ traffic, admin })
  const cores = contestant.isUnpinned === true ? `0-${cpus().length - 1}` : serverCore
  const child = spawn(findTool('taskset'), ['-c', cores, ...command.words], {
    cwd: repositoryDirectory,
    // Only these: settings of the caller's environment must not change what is measured.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...command.environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  alive.add(child)
  const exited = once(child, 'exit').finally(() => {
    alive.delete(child)
    command.cleanUp?.()
  })
  const server = {
    name: contestant.name,
    pid: child.pid ?? 0,
    port: traffic,
    end: () => endServer(child, exited),
  }
  const isReady =
    contestant.readyPath === undefined
      ? () => isListening(traffic)
      : () => answersOk(`http://127.0.0.1:${admin}${contestant.readyPath}`)
  try {
    await waitUntilReady(child, isReady)
  } catch (error) {
    await server.end()
    throw new Error(`${contestant.name} did not start: ${String(error)}`, { cause: error })
  }
  return server
}

async function waitUntilReady(child: ChildProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs
  while (!(await isReady())) {
    if (hasEnded(child)) throw new Error(`exit ${child.exitCode ?? child.signalCode}`)
    if (Date.now() > deadline) throw new Error(`not ready in ${readyTimeoutMs / 1000} s`)
    await sleep(50)
  }
}

async function endServer(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (hasEnded(child)) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs)
  await exited
  clearTimeout(timer)
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo // listening on TCP, so never a pipe's name
  probe.close()
  await once(probe, 'close')
  return port
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok
  } catch {
    return false
  }
}
