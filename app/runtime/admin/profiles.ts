import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'

import type { WorkerThread } from '../workers/worker-thread.ts'
import { type CpuProfile, mergeProfiles, parseProfile } from './cpu-profile.ts'
import type { AdminAnswer, AdminRequest } from './route.ts'

/** The longest CPU profile that can be asked for. */
export const mostSeconds = 60

// Since Node 22.20; @types/node of 22.19 do not know it.
interface Profilable {
  startCpuProfile?(name: string): Promise<{ stop(): Promise<string> }>
}

/** Profiles of the workers, taken from outside while they serve: the pprof of Node. */
export class Profiles {
  readonly #members: () => readonly WorkerThread[]
  #isBusy = false

  constructor(members: () => readonly WorkerThread[]) {
    this.#members = members
  }

  /** A `.cpuprofile` of one worker, or of all with each under a root of its own. */
  cpu({ query, signal }: AdminRequest): Promise<AdminAnswer> | AdminAnswer {
    const seconds = Number(query.get('seconds') ?? 5)
    if (!(seconds > 0 && seconds <= mostSeconds)) {
      return refuse(`seconds is from 0.001 to ${mostSeconds}`)
    }
    const members = this.#chosen(query.get('worker') ?? 'all')
    if (typeof members === 'string') return refuse(members)
    return this.#alone(async () => {
      const taken = await Promise.allSettled(
        members.map(
          async ({ seat, thread }) =>
            [`worker ${seat}`, await record(thread, seconds, signal)] as const,
        ),
      )
      // A worker may leave meanwhile; the others are worth looking at.
      const profiles = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      const failed = taken.find((one) => one.status === 'rejected')
      if (profiles.length === 0) throw failed?.reason ?? new Error('there is no worker')
      const body = JSON.stringify(mergeProfiles(profiles))
      return download(body, `hpdummy-${Date.now()}.cpuprofile`)
    })
  }

  /** A `.heapsnapshot` of one worker. */
  heap({ query }: AdminRequest): Promise<AdminAnswer> | AdminAnswer {
    const members = this.#chosen(query.get('worker') ?? '0')
    if (typeof members === 'string') return refuse(members)
    const [member, ...others] = members
    if (member === undefined || others.length > 0) return refuse('a snapshot is of one worker')
    return this.#alone(async () => {
      member.isHeld = true
      const body = await member.thread.getHeapSnapshot().finally(() => (member.isHeld = false))
      return download(body, `hpdummy-worker-${member.seat}-${Date.now()}.heapsnapshot`)
    })
  }

  #chosen(worker: string): readonly WorkerThread[] | string {
    const members = this.#members().filter(({ isLeaving }) => !isLeaving)
    if (worker === 'all') return members
    const found = members.filter(({ seat }) => String(seat) === worker)
    const seats = members.map(({ seat }) => seat).join(', ')
    return found.length > 0
      ? found
      : `there is no worker ${JSON.stringify(worker)}; use ${seats} or all`
  }

  // Two at once would profile each other.
  async #alone(take: () => Promise<AdminAnswer>): Promise<AdminAnswer> {
    if (this.#isBusy) return { status: 409, body: 'a profile is being taken; wait for it\n' }
    this.#isBusy = true
    try {
      return await take()
    } catch (error) {
      return { status: 501, body: `${error instanceof Error ? error.message : String(error)}\n` }
    } finally {
      this.#isBusy = false
    }
  }
}

async function record(thread: Worker, seconds: number, signal: AbortSignal): Promise<CpuProfile> {
  const recording = await (thread as unknown as Profilable).startCpuProfile?.('hpdummy')
  if (recording === undefined) {
    throw new Error(`Node ${process.version} cannot profile a thread; 22.20 can`)
  }
  // The client may leave before.
  await sleep(seconds * 1000, undefined, { signal }).catch(() => {})
  return parseProfile(await recording.stop())
}

function refuse(why: string): AdminAnswer {
  return { status: 400, body: `${why}\n` }
}

function download(body: AdminAnswer['body'], name: string): AdminAnswer {
  const headers = { 'Content-Disposition': `attachment; filename="${name}"` }
  return { contentType: 'application/json', headers, body }
}
