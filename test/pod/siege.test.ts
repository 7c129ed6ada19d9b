// More unfinished bodies and messages than there is memory, in a real memory cgroup.
// Each count is enough to kill the origin, or to keep others waiting, when clients' bytes are not charged.
import { suite, test } from 'node:test'

import { missing } from '../support/groups.ts'
import type { Plan } from './siege.ts'
import { survive } from './survive.ts'

const attacks: Plan = {
  fastPosts: 600,
  fastChunkedPosts: 400,
  wirePosts: 600,
  wireChunkedPosts: 400,
  wireStreams: 12,
  fastWaiting: 600,
  wireWaiting: 600,
  fastMessages: 30,
  fastFragments: 30,
  wireMessages: 30,
  wireFragments: 30,
  grpcMessages: 8,
  grpcSleeping: 8,
  grpcMany: 8,
}

suite('unfinished bodies and messages', { skip: missing('memory'), concurrency: 1 }, () => {
  for (const [name, count] of Object.entries(attacks)) {
    test(`256 MiB and one worker outlive ${count} x ${name}`, (t) =>
      survive(t, { limitMiB: 256, workers: 1, plan: { [name]: count } }))
  }
})
