import { type LookupAddress, promises as dns } from 'node:dns'
import { networkInterfaces } from 'node:os'

import type { Asked } from '../../evidence/ledger/merge.ts'
import type { UnaskedPod } from '../../evidence/ledger/record.ts'

/** Who is asked, and where we are ourselves. */
export interface PeersOptions {
  /** ledger.peers. */
  readonly peers: string | undefined
  /** Of our own admin port, which is the peers' too unless they have one. */
  readonly port: number
}

// A pod that is asked has no more time: somebody waits for the answer.
const askMs = 2000

// Pods that are asked, and bytes that are read of an answer: a million ids of a run are 16 MB.
const mostPeers = 256
const mostBytes = 64 * 2 ** 20

/**
 * Asks the admin ports of the other pods for their own part of an answer (`target` says so, and so none asks others).
 * Answers with what came in time, and with who could not be asked and why.
 */
export async function askPeers<T>(options: PeersOptions, target: string): Promise<Asked<T>> {
  const { addresses, unasked } = await findPeers(options)
  const parts: { pod: string; answer: T }[] = []
  const refused: UnaskedPod[] = []
  await Promise.all(
    addresses.slice(0, mostPeers).map(async (pod) => {
      try {
        parts.push({ pod, answer: await ask<T>(pod, target) })
      } catch (error) {
        refused.push({ pod, why: reasonOf(error) })
      }
    }),
  )
  const rest = addresses
    .slice(mostPeers)
    .map((pod) => ({ pod, why: `more than ${mostPeers} pods` }))
  return { parts, unasked: [...unasked, ...refused, ...rest] }
}

async function ask<T>(address: string, target: string): Promise<T> {
  const response = await fetch(`http://${address}${target}`, {
    signal: AbortSignal.timeout(askMs),
    redirect: 'error',
  })
  if (!response.ok) throw new Error(`it answered ${response.status}`)
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? []) {
    bytes += piece.length
    if (bytes > mostBytes) throw new Error(`its answer is past ${mostBytes} bytes`)
    pieces.push(piece)
  }
  return JSON.parse(Buffer.concat(pieces).toString()) as T
}

/** Every address of every peer but our own. */
async function findPeers({ peers = '', port }: PeersOptions): Promise<{
  readonly addresses: readonly string[]
  readonly unasked: readonly UnaskedPod[]
}> {
  const unasked: UnaskedPod[] = []
  const found = await Promise.all(
    peers
      .split(',')
      .filter(Boolean)
      .map(async (peer) => {
        const { host, port: given } = splitPort(peer)
        try {
          const all = await dns.lookup(host, { all: true })
          return all.map(({ address, family }) => ({ address, family, port: given ?? port }))
        } catch (error) {
          unasked.push({ pod: peer, why: `its name cannot be resolved: ${reasonOf(error)}` })
          return []
        }
      }),
  )
  const others = found.flat().filter((one) => !isOurs(one, port))
  return { addresses: [...new Set(others.map((one) => text(one)))], unasked }
}

function splitPort(peer: string): { readonly host: string; readonly port: number | undefined } {
  const match = /^\[?(.+?)\]?(?::(\d+))?$/.exec(peer)
  const port = match?.[2]
  return { host: match?.[1] ?? peer, port: port === undefined ? undefined : Number(port) }
}

type Peer = LookupAddress & { readonly port: number }

// The headless Service's name has our own address, too.
function isOurs({ address, port }: Peer, ownPort: number): boolean {
  const own = Object.values(networkInterfaces()).flatMap((one) => one ?? [])
  return port === ownPort && own.some((one) => one.address === address)
}

function text({ address, family, port }: Peer): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${askMs / 1000} s`
  return error.cause instanceof Error ? error.cause.message : error.message
}
