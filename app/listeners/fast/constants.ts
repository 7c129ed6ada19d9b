import { performance } from 'node:perf_hooks'

import type { HttpRequest, HttpResponse } from 'uWebSockets.js'

import { type Limits, type Origin, type Reply, statusLine } from '../../endpoints/endpoint.ts'
import { planHeader } from '../http/injection.ts'
import type { ConstantRecord } from '../http/record.ts'
import { type BriefRecord, type ConstantRequest, briefRecordOf } from './brief-record.ts'
import { writeRest } from './reply.ts'

/** A reply resolved to what the engine is handed: status, all header lines in one, the body. */
interface Constant {
  readonly status: number
  readonly line: string
  readonly record: ConstantRecord
  uses: number
  /** What writing it took when last timed. */
  seconds: number
  readonly name: string
  readonly value: string
  readonly body: Uint8Array
  readonly bytes: number
  readonly unless: readonly string[]
}

// Targets, not bytes, because bodies are slices of the shared block. When it is full it starts again, so a client that
// requests all sizes costs no more than the ordinary path.
const mostConstants = 1024
const longestTarget = 256

// Two readings of the clock are 0.2 us of the 2 that a pipelined constant costs, and all of these times fall into the
// first bucket. So one of this many is timed, and counts for those after it.
const timedEvery = 64

// Larger ones are rare and their bytes cost more than the script.
const largestBody = 64 * 1024

/** Whether the answer depends on nothing but the request: faults depend on chance and on counts. */
export function mayBeConstant(
  origin: Pick<Origin, 'defaultHp' | 'scenarioStep' | 'corsOrigin' | 'hasEvidence'>,
  query: string | undefined,
): boolean {
  const isBent = origin.defaultHp() !== undefined || origin.scenarioStep() !== undefined
  if (origin.hasEvidence()) return false
  return !isBent && query?.includes('hp-') !== true && origin.corsOrigin() === undefined
}

/**
 * Replies that a GET of the same target gets again (Reply.constantUnless), kept ready for the next
 * one. The ordinary path costs 2-3 us of script per request, this 0.5, on 5 us of kernel.
 */
export class FastConstants {
  readonly #byTarget = new Map<string, Constant>()
  #limits: Limits | undefined

  /** Answers with the reply kept for this request's target, if nothing of the request asks for more; whether it has. */
  answer(target: string, asked: ConstantRequest): boolean {
    const { request, response, place, port } = asked
    const constant = this.#find(target, request, port.origin.limits())
    if (constant === undefined) return false
    const { ledger } = place
    const id = ledger === undefined ? '' : request.getHeader(ledger.key)
    if (ledger === undefined || id === '') {
      write(response, constant, undefined)
      return true
    }
    const record = briefRecordOf(asked, ledger, id)
    if (record !== undefined) write(response, constant, record)
    return record !== undefined
  }

  #find(target: string, request: HttpRequest, limits: Limits): Constant | undefined {
    if (limits !== this.#limits) {
      this.#byTarget.clear()
      this.#limits = limits
      return undefined
    }
    const known = this.#byTarget.get(target)
    if (known === undefined) return undefined
    for (const name of known.unless) if (request.getHeader(name) !== '') return undefined
    if (request.getHeader(planHeader) !== '') return undefined
    return known
  }

  /** Keeps a reply if it may be kept; `hasHeader` is about the request that it was made for. */
  keep(
    { target, record }: { readonly target: string; readonly record: ConstantRecord },
    reply: Reply,
    hasHeader: (name: string) => boolean,
  ): void {
    const { constantUnless: unless, headers, body, status } = reply
    const [first, ...rest] = headers
    if (target.length > longestTarget) return
    if (unless === undefined || first === undefined || unless.some(hasHeader)) return
    const bytes = wholeBody(body)
    if (bytes === undefined) return
    if (this.#byTarget.size >= mostConstants) this.#byTarget.clear()
    this.#byTarget.set(target, {
      status,
      line: statusLine(status),
      record,
      uses: 0,
      seconds: 0,
      name: first[0],
      // One call into the engine for all lines: 0.1 us less than one each.
      value: [first[1], ...rest.map(([name, value]) => `${name}: ${value}`)].join('\r\n'),
      body: bytes,
      bytes: bytes.length,
      unless,
    })
  }
}

/** Answers with a constant and records it; corked for the reason FastAnswer.send gives. */
function write(response: HttpResponse, constant: Constant, brief: BriefRecord | undefined): void {
  const isTimed = brief !== undefined || constant.uses++ % timedEvery === 0
  const startedAt = brief?.startedAt ?? (isTimed ? performance.now() : 0)
  let isDone = false
  response.cork(() => {
    const { status, line, name, value, body, bytes } = constant
    if (status !== 200) response.writeStatus(line)
    response.writeHeader(name, brief === undefined ? value : value + brief.lines())
    isDone = response.tryEnd(body, bytes)[1]
  })
  const { status, bytes, record } = constant
  if (isTimed) constant.seconds = (performance.now() - startedAt) / 1000
  if (!isDone) return finish(response, constant, brief)
  record.end(bytes, constant.seconds)
  brief?.end(status, [bytes, bytes])
}

function finish(response: HttpResponse, constant: Constant, brief: BriefRecord | undefined): void {
  const { record, body, status, bytes: total } = constant
  const startedAt = performance.now()
  brief?.outlive()
  const over = (bytes: number): void => {
    record.endLater(bytes, (performance.now() - startedAt) / 1000)
    brief?.end(status, [bytes, total])
  }
  const outlive = (): void => {
    record.activate()
    response.onAborted(() => over(0))
  }
  // It is small: all of it counts at its end.
  writeRest({ response, outlive, sent: () => {}, done: over }, body)
}

function wholeBody(body: Reply['body']): Uint8Array | undefined {
  if (body.kind === 'bytes') return body.bytes === '' ? undefined : Buffer.from(body.bytes)
  if (body.kind !== 'sized' || body.isChunked) return undefined
  const bytes = body.end - body.start
  if (bytes > largestBody) return undefined
  const slice = body.payload.slice(body.start, bytes)
  return slice.length === bytes && bytes > 0 ? slice : undefined
}
