import { readdir } from 'node:fs/promises'

import { type ReadText, readKernelFile } from '../machine/cgroup.ts'
import { type ForeignFunctions, type ListeningSocket, SocketCalls } from './kernel.ts'
import { type SocketOptionRow, type Sysctl, socketOptionRows } from './option-rows.ts'
import {
  type OpenPort,
  type SocketOptionReport,
  type SocketReport,
  type TcpOptions,
  createSocketReport,
} from './report.ts'

/** What the machine is asked for; tests replace it. */
export interface SocketMachine {
  readonly platform: NodeJS.Platform
  readonly loadForeignFunctions: () => Promise<ForeignFunctions>
  readonly read: ReadText
}

/** The machine we run on. */
export const thisMachine: SocketMachine = {
  platform: process.platform,
  loadForeignFunctions: () => import('koffi'),
  read: readKernelFile,
}

/** An option of one socket in the end: null and a reason when the kernel does not say. */
interface Outcome {
  readonly kernel: number | null
  readonly refusal?: string
}

/** All options of one socket. */
type Outcomes = Readonly<Record<keyof TcpOptions, Outcome>>

/** The sockets of a port by their inodes. */
type SocketsOfPort = Map<number, Outcomes>

/**
 * Sets the options on every listening socket of these ports, whichever thread it belongs to, and returns what the
 * kernel has then. Connections inherit them from the socket that accepts them. Never fails: the report says what cannot
 * be set or is not known.
 */
export async function applySocketOptions(
  ports: readonly OpenPort[],
  asked: TcpOptions,
  machine: SocketMachine = thisMachine,
): Promise<readonly SocketReport[]> {
  try {
    const found = await settlePorts(ports, asked, machine)
    const sysctl = createSysctl(machine.read)
    return ports.map((port) => reportOf(port, asked, { sockets: found.get(port.port), sysctl }))
  } catch (error) {
    return ports.map((port) => unknownReport(port, asked, messageOf(error)))
  }
}

async function settlePorts(
  ports: readonly OpenPort[],
  asked: TcpOptions,
  { platform, loadForeignFunctions }: SocketMachine,
): Promise<ReadonlyMap<number, SocketsOfPort>> {
  if (platform !== 'linux') {
    throw new Error(`socket options can be read on Linux only, and this is ${platform}`)
  }
  const calls = new SocketCalls(await loadForeignFunctions())
  // Asynchronous, because every connection of every worker is a descriptor here: 100,000 or more.
  const fds = (await readdir('/proc/self/fd')).map(Number)
  const engines = new Map(ports.map(({ port, engine }) => [port, engine]))
  const found = new Map<number, SocketsOfPort>()
  calls.visit(fds, (socket) => {
    const { port, inode } = socket
    const engine = engines.get(port)
    if (engine === undefined || found.get(port)?.has(inode) === true) return
    const sockets: SocketsOfPort = found.get(port) ?? new Map()
    found.set(port, sockets.set(inode, settle(socket, asked, engine)))
  })
  return found
}

function settle(socket: ListeningSocket, asked: TcpOptions, engine: OpenPort['engine']): Outcomes {
  function settleOne(row: SocketOptionRow): Outcome {
    const wanted = row.wanted(asked, engine)
    let kernel: number | null = null
    try {
      kernel = row.read(socket)
      // Only what differs is written, because each new worker repeats this for the sockets of all.
      if (wanted === undefined || kernel === wanted) return { kernel }
      row.write(socket, wanted)
      return { kernel: row.read(socket) }
    } catch (error) {
      return { kernel, refusal: `the kernel refused: ${messageOf(error)}` }
    }
  }
  const { fastOpen, deferAccept, reusePort, backlog, noDelay, keepAliveMs } = socketOptionRows
  return {
    fastOpen: settleOne(fastOpen),
    deferAccept: settleOne(deferAccept),
    reusePort: settleOne(reusePort),
    backlog: settleOne(backlog),
    noDelay: settleOne(noDelay),
    keepAliveMs: settleOne(keepAliveMs),
  }
}

/** What was found on one port, and the reasons. */
interface Findings {
  readonly sockets: SocketsOfPort | undefined
  readonly sysctl: Sysctl
}

function reportOf(port: OpenPort, asked: TcpOptions, { sockets, sysctl }: Findings): SocketReport {
  if (sockets === undefined) {
    return unknownReport(port, asked, 'the process has no listening socket on this port')
  }
  const all = [...sockets.values()]
  return createSocketReport(port, all.length, (name) => {
    const outcomes = all.map((outcome) => outcome[name])
    const { isFlag, note } = socketOptionRows[name]
    const kernel = agreed(outcomes)
    const why =
      disagreement(outcomes) ??
      (kernel === null ? undefined : note({ asked, port, kernel, sysctl }))
    return {
      asked: asked[name],
      kernel: isFlag && kernel !== null ? kernel !== 0 : kernel,
      ...(why !== undefined && { note: why }),
    }
  })
}

// The values that the sockets of all workers share.
function agreed(outcomes: readonly Outcome[]): number | null {
  const [first = null, ...others] = new Set(outcomes.map(({ kernel }) => kernel))
  return others.length === 0 ? first : null
}

function disagreement(outcomes: readonly Outcome[]): string | undefined {
  const words = new Set(outcomes.map(({ kernel }) => String(kernel)))
  const refusals = new Set(outcomes.flatMap(({ refusal }) => refusal ?? []))
  const differ =
    words.size > 1 ? [`the sockets of the workers differ: ${[...words].join(', ')}`] : []
  const reasons = [...differ, ...refusals]
  return reasons.length === 0 ? undefined : reasons.join('; ')
}

function unknownReport(port: OpenPort, asked: TcpOptions, reason: string): SocketReport {
  return createSocketReport(port, 0, (name): SocketOptionReport => {
    return { asked: asked[name], kernel: null, note: `not known: ${reason}` }
  })
}

function createSysctl(read: ReadText): Sysctl {
  return (name) => {
    const text = read(`/proc/sys/${name.replaceAll('.', '/')}`)
    return text === undefined ? undefined : Number(text)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
