// Clients that ask for more than there is memory and read nothing of it, in a real memory cgroup.
// Each count is enough to kill the origin, or to keep others waiting, when clients' bytes are not charged.
import { suite, test } from 'node:test'

import { missing } from '../support/groups.ts'
import type { Plan } from './siege.ts'
import { survive } from './survive.ts'

const attacks: Plan = {
  wireDeaf: 400,
  fastDeaf: 200,
  fastDeafEchoes: 200,
  wireDeafEchoes: 200,
  fastDeafSse: 100,
  wireDeafSse: 100,
  fastDeafTalkers: 100,
  wireDeafTalkers: 100,
  fastDeafListeners: 100,
  wireDeafListeners: 100,
  wireDeafStreams: 20,
  wireDeafSeeded: 20,
  wireDeafStreamEchoes: 20,
  grpcDeaf: 8,
  grpcDeafSockets: 8,
  grpcDeafSmall: 8,
  grpcDeafReflection: 8,
  tcpDeaf: 200,
}

suite('clients that read nothing', { skip: missing('memory'), concurrency: 1 }, () => {
  for (const [name, count] of Object.entries(attacks)) {
    test(`256 MiB and one worker outlive ${count} x ${name}`, (t) =>
      survive(t, { limitMiB: 256, workers: 1, plan: { [name]: count } }))
  }
})
