import { bytes, duration, headerName, hosts } from '../formats.ts'
import { setting } from '../setting.ts'

/** The arrival ledger. */
export const evidenceSettings = {
  'ledger.memory': setting({
    doc: 'Memory for the record of requests that have an id; the oldest are dropped and counted; a change begins an empty one',
    format: bytes(2 ** 20, 2 ** 30),
    value: 32 * 2 ** 20,
    reload: 'worker',
  }),
  'ledger.ttl': setting({
    doc: 'How long the record of a request is kept',
    format: duration,
    value: 3_600_000,
    reload: 'hot',
  }),
  'ledger.key': setting({
    doc: 'Request header whose value is the id that requests are recorded under; of traceparent, the trace id',
    format: headerName,
    value: 'X-HP-Id',
    reload: 'hot',
  }),
  'ledger.peers': setting({
    doc: 'Other pods, which the admin port asks for their part of an answer: the name of a headless Service or hosts with commas between them, with the port of their admin port when it is not the same as here',
    format: hosts,
    value: undefined,
    reload: 'hot',
  }),
} as const
