/** What /metrics can be told in, the one for who does not say first. */
export const metricsTypes = [
  'text/plain',
  'application/openmetrics-text',
  'application/json',
] as const

/** The type an Accept header likes best of those (RFC 9110 12.5.1), text/plain when none of them. */
export function preferredType(accept = ''): (typeof metricsTypes)[number] {
  const ranges = accept
    .toLowerCase()
    .split(',')
    .map((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
      const weight = parameters.find((one) => one.startsWith('q='))
      return { type, weight: weight === undefined ? 1 : Number(weight.slice(2)) }
    })
  const liked = ranges
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .flatMap(({ type }) => metricsTypes.find((one) => one === type) ?? [])
  return liked[0] ?? metricsTypes[0]
}
