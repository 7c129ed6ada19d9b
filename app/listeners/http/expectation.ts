import { OriginError } from '../../errors.ts'

/** The 417 for an Expect that is not 100-continue (RFC 9110 10.1.1). */
export function unknownExpectation(expectation: string): OriginError {
  return new OriginError(
    'EXPECTATION_FAILED',
    `Expect: ${expectation} is not known; use 100-continue`,
  )
}
