import { groups } from '../evidence/checks/check.ts'

/** A flag of `hpdummy verify`: what stands for its value in help, what it is for, and the values that are known. */
export interface VerifyFlag {
  readonly value?: string
  readonly text: string
  readonly words?: readonly string[]
  readonly isRepeatable?: boolean
  /** Refused so far: this version has no such checks. */
  readonly isPlanned?: boolean
}

/** Every flag, in the order in which help lists them. */
export const verifyFlags: Readonly<Record<string, VerifyFlag>> = {
  groups: { value: 'R,C,...', text: 'only these groups', words: Object.keys(groups) },
  checks: { value: 'R1,H8,...', text: 'only these checks' },
  origin: {
    value: 'ADMIN_URL',
    text: "the origin's admin port, or a headless Service's name; repeat for more pods (http://localhost:9000)",
    isRepeatable: true,
  },
  direct: {
    value: 'URL',
    text: "the origin's traffic port for the control run (asked of the admin port)",
  },
  baseline: { value: 'FILE', text: 'an earlier --json: only checks that got worse fail' },
  json: { text: 'the card as JSON on standard output' },
  junit: { value: 'FILE', text: 'a JUnit report' },
  html: { value: 'FILE', text: 'a page to read and to print' },
  insecure: { text: 'take any certificate of the URL, as curl -k does' },
  unsafe: {
    text: 'checks that may hurt others behind the same proxy (group S): not there yet',
    isPlanned: true,
  },
  ai: { text: 'checks of AI gateways: not there yet', isPlanned: true },
  cache: { text: 'checks of caches: not there yet', isPlanned: true },
}
