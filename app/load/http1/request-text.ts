import type { RequestShape, Traffic } from '../plan/plan.ts'

/** The bytes of a request, for its number: text for what is new each time, bytes where all are alike. */
export interface RequestText {
  readonly head: (n: number) => string | Buffer
  /** How a text is written. */
  readonly encoding: 'latin1' | 'utf8'
}

/** `{n}` and `{n%K}`. */
const places = /\{n(?:%(\d{1,15}))?\}/g

/** Whether a text is another one for each request. */
export function hasNumber(text: string): boolean {
  return text.search(places) !== -1
}

/** Makes the text for each request; one that is always the same is not made again. */
export function numbered(text: string): (n: number) => string {
  if (!hasNumber(text)) return () => text
  // A literal, a modulus (or undefined), a literal, and so on.
  const [first = '', ...rest] = text.split(places) as (string | undefined)[]
  return (n) => {
    let made = first
    for (let at = 0; at < rest.length; at += 2) {
      const modulus = rest[at]
      made += (modulus === undefined ? n : n % Number(modulus)) + (rest[at + 1] ?? '')
    }
    return made
  }
}

/** A request's headers and those of the run, of which one that the request has itself is left out. */
export function headersWithRun(
  { headers }: RequestShape,
  run: string | undefined,
): RequestShape['headers'] {
  if (run === undefined) return headers
  const own = new Set(headers.map(([name]) => name.toLowerCase()))
  const ofRun = [['X-HP-Run', run] as const, ['X-HP-Id', `${run}-{n}`] as const]
  return [...headers, ...ofRun.filter(([name]) => !own.has(name.toLowerCase()))]
}

/**
 * The text of a request with a body of a text, or its head alone where the body is made up. The id is the run's name and
 * the request's number.
 */
export function requestText(
  request: RequestShape,
  { target, keepsAlive, run }: Pick<Traffic, 'target' | 'keepsAlive' | 'run'>,
): RequestText {
  const { method, path, body } = request
  const headers = headersWithRun(request, run)
  const text = body.kind === 'text' ? body.text : ''
  const own = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const start = [
    `${method} ${path} HTTP/1.1\r\n`,
    names.has('host') ? '' : `Host: ${target.authority}\r\n`,
    keepsAlive ? '' : 'Connection: close\r\n',
    own,
  ].join('')
  const ascii = /^[\0-\x7f]*$/
  const encoding = ascii.test(start + text) ? 'latin1' : 'utf8'
  const startOf = numbered(start)
  const bodyOf = numbered(text)
  const lengthOf = (one: string): string => {
    if (body.kind === 'none') return '\r\n'
    const bytes = body.kind === 'made' ? body.bytes : Buffer.byteLength(one)
    return `Content-Length: ${bytes}\r\n\r\n`
  }
  const whole = (n: number): string => {
    const one = bodyOf(n)
    return startOf(n) + lengthOf(one) + one
  }
  if (hasNumber(start) || hasNumber(text)) return { head: whole, encoding }
  const same = Buffer.from(whole(0), encoding)
  return { head: () => same, encoding }
}
