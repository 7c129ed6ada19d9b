import { type Fault, everyListener } from './plan.ts'

const fieldName = /[\w!#$%&'*+.^`|~-]+/y
const quoted = /"[^"]*"|'[^']*'/y
const bare = /[^;"]+/y
// RFC 9110 5.5, without the bytes beyond ASCII.
const fieldValue = /^[\t\x20-\x7e]*$/

/** One more header line. */
export const header: Fault = {
  name: 'header',
  syntax:
    '=<name>:<value>, the value in double quotes when it has a semicolon, in single ones when it has those',
  examples: ['header=X-Foo:Bar', 'header=Cache-Control:"max-age=60; x"', `header=ETag:'"v1"'`],
  effect: 'The answer has one more header line. May be given several times.',
  proxy: 'A proxy passes on headers that it does not know (RFC 9110 5.1).',
  carriers: everyListener,
  scan(scanner) {
    const name = scanner.take(fieldName) ?? scanner.fail('a header name')
    scanner.expect(':', 'a colon after the header name')
    const { at } = scanner
    const inQuotes = scanner.take(quoted)
    const value = (inQuotes?.slice(1, -1) ?? scanner.take(bare) ?? '').trim()
    if (!fieldValue.test(value)) scanner.fail('a value of visible ASCII characters', at)
    const mark = value.includes('"') ? "'" : '"'
    return { text: `${name}:${mark}${value}${mark}`, plan: () => ({ headers: [[name, value]] }) }
  },
}
