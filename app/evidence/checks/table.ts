import { a1 } from './a1-leaves-waiting.ts'
import { a2 } from './a2-leaves-stream.ts'
import { a3 } from './a3-leaves-upload.ts'
import { a5 } from './a5-reset-body.ts'
import { b1 } from './b1-download.ts'
import { b2 } from './b2-upload.ts'
import { b3 } from './b3-ranges.ts'
import { b4 } from './b4-sse.ts'
import { b5 } from './b5-head-first.ts'
import { b6 } from './b6-slow-upload.ts'
import { b7 } from './b7-incremental.ts'
import { b8 } from './b8-accel-buffering.ts'
import { b9 } from './b9-read-ahead.ts'
import { b10 } from './b10-no-transform.ts'
import { b11 } from './b11-etag.ts'
import { b12 } from './b12-digests.ts'
import { c1 } from './c1-pooling.ts'
import { c3 } from './c3-reuse-after-close.ts'
import { c4 } from './c4-stray-bytes.ts'
import { c5 } from './c5-surplus.ts'
import { c6 } from './c6-old-answer.ts'
import { c7 } from './c7-upstream.ts'
import { c8 } from './c8-isolation.ts'
import { c9 } from './c9-concurrency.ts'
import type { Check } from './check.ts'
import { f1 } from './f1-truncated.ts'
import { f2 } from './f2-unfinished-chunks.ts'
import { f3 } from './f3-two-lengths.ts'
import { f4 } from './f4-length-and-chunks.ts'
import { f5 } from './f5-bad-chunk.ts'
import { f6 } from './f6-obs-fold.ts'
import { f7 } from './f7-space-before-colon.ts'
import { f8 } from './f8-control-bytes.ts'
import { f9 } from './f9-garbage.ts'
import { f10 } from './f10-silence.ts'
import { f11 } from './f11-bytes-after-204.ts'
import { h1 } from './h1-connection-fields.ts'
import { h2 } from './h2-hop-fields.ts'
import { h3 } from './h3-unknown-fields.ts'
import { h4 } from './h4-field-order.ts'
import { h5 } from './h5-set-cookie.ts'
import { h6 } from './h6-field-case.ts'
import { h7 } from './h7-via.ts'
import { h8 } from './h8-target.ts'
import { h9 } from './h9-host.ts'
import { h10 } from './h10-client-address.ts'
import { h11 } from './h11-authorization.ts'
import { h12 } from './h12-conditions.ts'
import { h13 } from './h13-date.ts'
import { h14 } from './h14-max-forwards.ts'
import { h15 } from './h15-methods.ts'
import { h16 } from './h16-limits.ts'
import { h17 } from './h17-proxy-status.ts'
import { h18 } from './h18-claims.ts'
import { p1 } from './p1-latency.ts'
import { r1 } from './r1-get-reset.ts'
import { r2 } from './r2-post-reset.ts'
import { r3 } from './r3-empty-post-reset.ts'
import { r4 } from './r4-closed-when-sent.ts'
import { r5 } from './r5-post-503.ts'
import { r6 } from './r6-retried-statuses.ts'
import { r7 } from './r7-retry-spacing.ts'
import { r8 } from './r8-spliced-retry.ts'
import { r9 } from './r9-after-deadline.ts'
import { r10 } from './r10-query.ts'
import { r11 } from './r11-retry-after.ts'
import { r12 } from './r12-refused-stream.ts'
import { r13 } from './r13-early-data.ts'
import { x1 } from './x1-expect.ts'
import { x2 } from './x2-refused-expect.ts'
import { x3 } from './x3-early-answer.ts'
import { x4 } from './x4-early-hints.ts'
import { x5 } from './x5-other-interims.ts'
import { x7 } from './x7-answer-trailers.ts'
import { x8 } from './x8-request-trailers.ts'
import { x9 } from './x9-websocket.ts'
import { x10 } from './x10-h2c.ts'

/** Every check, in the order in which they are reported. */
export const checks: readonly Check[] = [
  r1,
  r2,
  r3,
  r4,
  r5,
  r6,
  r7,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  c1,
  c3,
  c4,
  c5,
  c6,
  c7,
  c8,
  c9,
  f1,
  f2,
  f3,
  f4,
  f5,
  f6,
  f7,
  f8,
  f9,
  f10,
  f11,
  b1,
  b2,
  b3,
  b4,
  b5,
  b6,
  b7,
  b8,
  b9,
  b10,
  b11,
  b12,
  h1,
  h2,
  h3,
  h4,
  h5,
  h6,
  h7,
  h8,
  h9,
  h10,
  h11,
  h12,
  h13,
  h14,
  h15,
  h16,
  h17,
  h18,
  x1,
  x2,
  x3,
  x4,
  x5,
  x7,
  x8,
  x9,
  x10,
  a1,
  a2,
  a3,
  a5,
  p1,
]
