// A pod's arrival ledger, and exchanges that it records.
import assert from 'node:assert/strict'

import { type LedgerMemory, createLedgerMemory } from '../../../../app/evidence/ledger/layout.ts'
import { type Arriving, Ledger } from '../../../../app/evidence/ledger/ledger.ts'
import { LedgerReader } from '../../../../app/evidence/ledger/reader.ts'

/** Bytes. */
export const mebibyte = 2 ** 20
/** How long records are kept. */
export const ttlMs = 3_600_000

/** A pod's ledger, with who writes it and who reads it. */
export interface Pod {
  readonly memory: LedgerMemory
  readonly ledger: Ledger
  readonly reader: LedgerReader
}

/** A pod whose ledger is empty. */
export function createPod(pod = 'pod-1', bytes = mebibyte): Pod {
  const memory = createLedgerMemory(bytes)
  const identity = { pod, namespace: null, node: null, zone: null, version: '1' }
  return {
    memory,
    ledger: new Ledger({ memory, worker: 0, key: () => 'X-HP-Id' }),
    reader: new LedgerReader({ memory, identity: () => identity, ttlMs: () => ttlMs }),
  }
}

/** A request with these headers, which came so long ago. */
export function arriving(headers: Readonly<Record<string, string>>, tookMs = 0): Arriving {
  return {
    method: 'GET',
    listener: 'wire',
    scheme: 'http',
    startedAt: performance.now() - tookMs,
    header: (name) => headers[name] ?? '',
    arrivalFacts: () => ({
      scheme: 'http',
      target: '/',
      headers: Object.entries(headers).flat(),
      httpVersion: '1.1',
      sourceAddress: '127.0.0.1',
    }),
  }
}

/** The end of an exchange that has its whole answer. */
export const whole = { status: 200, bytesIn: 0, bytesOut: 9, isAborted: false, faults: [] }

/** An exchange from its arrival to its end. */
export function exchange(
  { ledger }: Pod,
  id: string,
  { run = '', isAborted = false, tookMs = 0 } = {},
): void {
  const arrival = ledger.begin(arriving({ 'x-hp-id': id, 'x-hp-run': run }, tookMs), '/')
  assert.ok(arrival !== undefined)
  ledger.end(arrival, { ...whole, isAborted })
}
