// The load generators, each pinned to the client core and bounded in time.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

import { goTool } from '../tools/tools.ts'
import { clientCore, type Server } from './servers.ts'
import { buildCPeer, findTool, peersDirectory } from './toolchain.ts'

/** What a client got done: requests, messages or body bytes, and the time it took. */
export interface Work {
  readonly done: number
  readonly seconds: number
  /** From a request to the end of its answer, where the client measures it. */
  readonly p99Ms?: number
}

/** Loads one server for so long. */
export type Client = (server: Server, seconds: number) => Promise<Work>

// A transfer that was begun is finished after the time is over, and nothing here takes longer.
const overtimeMs = 60_000

interface WrkLoad {
  readonly path: string
  readonly connections: number
  readonly script?: string
  readonly scriptWords?: readonly string[]
}

/** The timeout is long, because wrk's own 2 s are over soon where others have the core, too. */
export function wrk({ path, connections, script, scriptWords = [] }: WrkLoad): Client {
  return async (server, seconds) => {
    const scriptPath = script === undefined ? [] : ['-s', join(peersDirectory, 'wrk', script)]
    const output = await runPinned(
      [
        findTool('wrk'),
        '-t1',
        `-c${connections}`,
        `-d${seconds}s`,
        '--latency',
        '--timeout',
        '20s',
        ...scriptPath,
      ].concat(`http://127.0.0.1:${server.port}${path}`, '--', ...scriptWords),
      seconds,
    )
    return parseWrk(output)
  }
}

function parseWrk(output: string): Work {
  const [, done, seconds] = /(\d+) requests in ([\d.]+)s/.exec(output) ?? []
  const trouble = /Socket errors:.*|Non-2xx.*/.exec(output)?.[0]
  if (done === undefined || seconds === undefined || trouble !== undefined) {
    throw new Error(`wrk: ${trouble ?? `cannot read ${output}`}`)
  }
  const [, p99, unit] = /^ +99% +([\d.]+)(us|ms|s)$/m.exec(output) ?? []
  const unitMs = unit === 's' ? 1000 : unit === 'ms' ? 1 : 0.001
  return { done: Number(done), seconds: Number(seconds), p99Ms: Number(p99) * unitMs }
}

interface BombardierLoad {
  readonly path: string
  readonly connections: number
  /** Of one answer's body: less read than all of them is an error. */
  readonly bytes: number
  readonly keepsAlive: boolean
  readonly isTls?: boolean
}

// GOGC is tcpserver's benchmark's. Key shares of ML-KEM are for servers that know them: Go's would
// choose them, the origin's would not, and then the handshakes compared are not the same.
const bombardierEnvironment = { GOGC: '400', GODEBUG: 'tlsmlkem=0,tlssecpmlkem=0' }

/**
 * bombardier with its fasthttp client, which leaves connections open unless the header says otherwise
 * (`-a` is for its other clients), and resumes no TLS session.
 */
export function bombardier(load: BombardierLoad): Client {
  const { path, connections, keepsAlive, isTls = false } = load
  return async (server, seconds) => {
    const url = `${isTls ? 'https' : 'http'}://127.0.0.1:${server.port}${path}`
    const kind = ['--fasthttp', ...(isTls ? ['-k'] : [])]
    const closing = keepsAlive ? [] : ['-H', 'Connection: close']
    const bounds = ['-c', `${connections}`, '-d', `${seconds}s`, '-t', '20s']
    const words = [...kind, ...closing, ...bounds, '-l', '-p', 'r', '-o', 'json', url]
    const program = goTool('bombardier')
    return parseBombardier(
      await runPinned([program, ...words], seconds, bombardierEnvironment),
      load.bytes,
    )
  }
}

/** What is read of bombardier's JSON, with bytes as they were on the wire. */
interface BombardierResult {
  readonly bytesRead: number
  readonly timeTakenSeconds: number
  readonly req2xx: number
  readonly req3xx: number
  readonly req4xx: number
  readonly req5xx: number
  readonly others: number
  /** In microseconds, by per cent. */
  readonly latency?: { readonly percentiles: Readonly<Record<string, number>> }
  readonly errors?: readonly { readonly description: string; readonly count: number }[]
}

function parseBombardier(output: string, bytes: number): Work {
  const { result } = JSON.parse(output) as { readonly result: BombardierResult } // -o json
  const { req2xx, req3xx, req4xx, req5xx, others, errors = [] } = result
  const reasons = errors.map(({ description, count }) => `${count} x ${description}`)
  const unwanted = req3xx + req4xx + req5xx + others
  if (unwanted > 0 || req2xx === 0) {
    throw new Error(`bombardier: ${req2xx} answers, ${unwanted} bad: ${reasons.join('; ')}`)
  }
  if (result.bytesRead < req2xx * bytes) {
    throw new Error(`bombardier: ${result.bytesRead} bytes are too few for ${req2xx} answers`)
  }
  const p99Ms = (result.latency?.percentiles['99'] ?? Number.NaN) / 1000
  return { done: req2xx, seconds: result.timeTakenSeconds, p99Ms }
}

interface Transfer {
  readonly path: string
  readonly bytes: number
  readonly connections: number
}

/** Downloads and drops the bytes in the kernel. */
export function drain(transfer: Transfer): Client {
  return (server, seconds) => runTransfer('drain', transfer, { server, seconds })
}

/** Uploads from one buffer. */
export function push(transfer: Transfer): Client {
  return (server, seconds) => runTransfer('push', transfer, { server, seconds })
}

async function runTransfer(
  peer: string,
  { path, bytes, connections }: Transfer,
  { server, seconds }: { readonly server: Server; readonly seconds: number },
): Promise<Work> {
  const words = [server.port, path, bytes, connections, seconds].map(String)
  return parseWork(await runPinned([buildCPeer(peer), ...words], seconds))
}

interface Messages {
  readonly path: string
  readonly bytes: number
  readonly connections: number
  readonly inFlight: number
}

export function wsEcho({ path, bytes, connections, inFlight }: Messages): Client {
  return async (server, seconds) => {
    const words = [server.port, path, bytes, connections, inFlight, seconds].map(String)
    return parseWork(await runPinned([buildCPeer('ws-echo'), ...words], seconds))
  }
}

function parseWork(line: string): Work {
  const { done, seconds } = JSON.parse(line) as Work // peers/c/tcp.h print_work
  return { done, seconds }
}

interface Idle {
  readonly path: string
  readonly connections: number
}

/** Holds idle connections, each with one exchange behind it, while `measure` runs. */
export async function holdIdle<Result>(
  server: Server,
  { path, connections }: Idle,
  measure: () => Result,
): Promise<Result> {
  const words = [buildCPeer('idle'), server.port, path, connections].map(String)
  const child = spawn(findTool('taskset'), ['-c', clientCore, ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: overtimeMs,
  })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  try {
    for await (const line of lines) {
      if (parseWork(line).done === connections) return measure()
    }
    throw new Error(`idle: ${connections} connections could not be opened`)
  } finally {
    child.stdin.end()
    await exited
  }
}

async function runPinned(
  words: readonly string[],
  seconds: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn(findTool('taskset'), ['-c', clientCore, ...words], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: seconds * 1000 + overtimeMs,
  })
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  if (code !== 0) throw new Error(`${words.join(' ')}: ${errors.trim() || `exit ${code}`}`)
  return output
}
