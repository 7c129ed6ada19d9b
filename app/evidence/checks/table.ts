import { b1 } from './b1-download.ts'
import { b3 } from './b3-ranges.ts'
import type { Check } from './check.ts'
import { f1 } from './f1-truncated.ts'
import { f2 } from './f2-unfinished-chunks.ts'
import { f5 } from './f5-bad-chunk.ts'
import { f9 } from './f9-garbage.ts'
import { h1 } from './h1-connection-fields.ts'
import { h2 } from './h2-hop-fields.ts'
import { h3 } from './h3-unknown-fields.ts'
import { h4 } from './h4-field-order.ts'
import { h5 } from './h5-set-cookie.ts'
import { h7 } from './h7-via.ts'
import { h8 } from './h8-target.ts'
import { h13 } from './h13-date.ts'

/** Every check, in the order in which they are reported. */
export const checks: readonly Check[] = [f1, f2, f5, f9, b1, b3, h1, h2, h3, h4, h5, h7, h8, h13]
