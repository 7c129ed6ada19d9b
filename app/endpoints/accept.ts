/** The formats of /metrics; the first is for clients that do not say. */
export const metricsTypes = [
  'text/plain',
  'application/openmetrics-text',
  'application/json',
] as const

/** The type that an Accept header prefers among those (RFC 9110 12.5.1), text/plain when it accepts none of them. */
export function preferredType(accept = ''): (typeof metricsTypes)[number] {
  const liked = readChoices(accept)
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .flatMap(({ value }) => metricsTypes.find((one) => one === value) ?? [])
  return liked[0] ?? metricsTypes[0]
}

/** Whether an Accept header names HTML, as those of browsers do. What curl sends by itself (any type) does not. */
export function acceptsHtml(accept = ''): boolean {
  return readChoices(accept).some(({ value, weight }) => value === 'text/html' && weight > 0)
}

/**
 * Whether an Accept-Encoding header accepts gzip (RFC 9110 12.5.3). An absent or unreadable header does not: a client
 * that says nothing gets the bytes as they are.
 */
export function acceptsGzip(acceptEncoding = ''): boolean {
  const choices = readChoices(acceptEncoding)
  const named = choices.find(({ value }) => value === 'gzip' || value === 'x-gzip')
  const choice = named ?? choices.find(({ value }) => value === '*')
  return choice !== undefined && choice.weight > 0
}

interface Choice {
  readonly value: string
  /** NaN when it cannot be read. */
  readonly weight: number
}

/** The members of an Accept or Accept-Encoding header in lower case, with their weights (RFC 9110 12.4.2). */
function readChoices(header: string): readonly Choice[] {
  return header
    .toLowerCase()
    .split(',')
    .map((member) => {
      const [value = '', ...parameters] = member.split(';').map((part) => part.trim())
      const weight = parameters.find((one) => one.startsWith('q='))
      return { value, weight: weight === undefined ? 1 : Number(weight.slice(2)) }
    })
}
