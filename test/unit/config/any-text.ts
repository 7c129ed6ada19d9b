import * as fc from 'fast-check'

// ASCII as often as all the rest, halves of surrogate pairs included. fast-check's own `binary`
// builds its table in 0.7 s, in each test file.
const character = fc
  .oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code))

/** Any text at all, as a hostile client writes it. */
export function anyText(maxLength = 10, minLength = 0): fc.Arbitrary<string> {
  return fc.string({ unit: character, minLength, maxLength })
}
