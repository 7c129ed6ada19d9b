import { endCauses } from '../../evidence/ledger/record.ts'
import { type Schema, objectOf, withOptional } from '../answers.ts'
import type { Headers } from '../endpoint.ts'

/** Caches must not keep answers about arrivals. */
export const noStore: Headers = [['Cache-Control', 'no-store']]

const count: Schema = { type: 'integer', minimum: 0 }
const textOrNull: Schema = { type: ['string', 'null'] }
const numberOrNull: Schema = { type: ['number', 'null'] }
const lines: Schema = {
  type: ['array', 'null'],
  items: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 },
}
const pairs: Schema = {
  type: 'array',
  items: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
}
const dropped: Schema = {
  type: 'integer',
  minimum: 0,
  description: 'Records that made room for newer ones since the pod started',
}

// Only the admin port asks other pods.
const merged: Readonly<Record<string, Schema>> = {
  pods: { type: 'array', items: { type: 'string' } },
  unasked: {
    type: 'array',
    items: objectOf({ pod: { type: 'string' }, why: { type: 'string' } }),
  },
}

const recordSchema = objectOf(
  {
    id: { type: 'string' },
    run: textOrNull,
    attempt: { type: 'integer', minimum: 1, description: 'In its pod' },
    attempt_total: {
      type: ['integer', 'null'],
      minimum: 1,
      description: 'In all pods; null where one pod alone is asked',
    },
    is_full: { type: 'boolean', description: 'false: only what is kept for every arrival is left' },
    pod: { type: 'string' },
    namespace: textOrNull,
    node: textOrNull,
    zone: textOrNull,
    version: { type: 'string' },
    worker: count,
    listener: { type: 'string' },
    scheme: textOrNull,
    connection: textOrNull,
    request_on_connection: numberOrNull,
    idle_before_ms: numberOrNull,
    source_address: textOrNull,
    arrived_ms: { type: 'number', description: 'Unix time' },
    times: {
      type: 'object',
      description: 'Milliseconds after arrived_ms',
      additionalProperties: numberOrNull,
    },
    method: { type: 'string' },
    target: textOrNull,
    route: { type: 'string' },
    headers: lines,
    headers_cut: { type: 'boolean' },
    trailers: lines,
    http_version: { type: 'string' },
    alpn: textOrNull,
    sni: textOrNull,
    body_bytes: count,
    body_complete: { type: ['boolean', 'null'] },
    body_hash: textOrNull,
    first_bad_offset: numberOrNull,
    pieces: { ...pairs, type: ['array', 'null'] },
    pieces_cut: { type: 'boolean' },
    expect: textOrNull,
    interims: pairs,
    faults: { type: 'array', items: { type: 'string' } },
    status: count,
    bytes_written: count,
    websocket: {
      anyOf: [
        objectOf({
          messages_in: count,
          messages_out: count,
          pings_in: count,
          idle_ms: { type: 'number' },
        }),
        { type: 'null' },
      ],
    },
    end: objectOf({
      cause: { type: 'string', enum: endCauses },
      by: { type: ['string', 'null'], enum: ['client', 'origin', null] },
      code: { type: ['number', 'string', 'null'] },
      at: { type: ['object', 'null'] },
      fault: textOrNull,
    }),
    work_after_client_left: {
      anyOf: [objectOf({ ms: { type: 'number' }, bytes: count }), { type: 'null' }],
    },
    retry_hints: { type: 'object', additionalProperties: { type: 'string' } },
  },
  'LedgerRecord',
)

/** What `/ledger/{id}` answers (evidence/ledger/record.ts, LedgerAnswer). */
export const ledgerAnswerSchema = withOptional(
  objectOf(
    {
      id: { type: 'string' },
      attempts: { type: 'array', items: recordSchema },
      attempts_cut: count,
      dropped,
    },
    'LedgerAnswer',
  ),
  merged,
)

const counts: Schema = {
  type: 'object',
  additionalProperties: objectOf({ records: count, aborted: count }),
}

/** What `/ledger?run=` answers (LedgerSummary). */
export const ledgerSummarySchema = withOptional(
  objectOf(
    {
      run: { type: 'string' },
      ids: count,
      once: count,
      duplicated: count,
      aborted: count,
      odd: {
        type: 'array',
        items: objectOf({
          id: { type: 'string' },
          why: { type: 'array', items: { type: 'string', enum: ['duplicated', 'aborted'] } },
          attempts: count,
          ends: { type: 'array', items: { type: 'string', enum: endCauses } },
        }),
      },
      odd_cut: { type: 'boolean' },
      records: count,
      dropped,
      by_pod: counts,
      by_method: counts,
      by_listener: counts,
      latency: {
        description: 'How long the origin took for whole answers, in ms',
        anyOf: [
          objectOf({
            count,
            p50: { type: 'number' },
            p90: { type: 'number' },
            p99: { type: 'number' },
            buckets: {
              type: 'array',
              items: objectOf({ up_to: { type: 'number' }, count }),
            },
          }),
          { type: 'null' },
        ],
      },
    },
    'LedgerSummary',
  ),
  merged,
)
