import { OriginError } from '../errors.ts'
import type { Endpoint, Limits, Parameters, Values } from './endpoint.ts'
import { isIgnoredName, shorten, unknownNameText } from './query-names.ts'

/** Reads a row's parameters from a request target. */
export type BindTarget = (path: string, query: string, limits: Limits) => Values<Parameters>

/** The parts of a row that its target is parsed with; the same for HTTP and WebSocket rows. */
type Target = Pick<Endpoint, 'path' | 'parameters' | 'takesAnyQuery'>

/** The fixed part of a row's path, up to its first parameter: `/bin/` of `/bin/{size}`. */
function fixedPath({ path }: Target): string {
  const brace = path.indexOf('{')
  return brace === -1 ? path : path.slice(0, brace)
}

/** The paths a row is found under, `*` at the end for anything: `/nousage` and `/nousage/*`. */
export function routePatterns(row: Target): readonly string[] {
  const fixed = fixedPath(row)
  if (fixed === row.path) return [fixed]
  const isOptional = /^[^}]*\?\}/.test(row.path)
  return isOptional ? [fixed.slice(0, -1), `${fixed}*`] : [`${fixed}*`]
}

/** Finds the row of a path: its own, otherwise the one with the longest pattern that ends in anything. */
export function createRouter<R extends Target>(
  rows: readonly R[],
): (path: string) => R | undefined {
  const exact = new Map<string, R>()
  const prefixes: (readonly [prefix: string, row: R])[] = []
  for (const row of rows) {
    for (const pattern of routePatterns(row)) {
      if (pattern.endsWith('*')) prefixes.push([pattern.slice(0, -1), row])
      else if (!exact.has(pattern)) exact.set(pattern, row)
    }
  }
  prefixes.sort(([a], [b]) => b.length - a.length)
  return (path) => exact.get(path) ?? prefixes.find(([prefix]) => path.startsWith(prefix))?.[1]
}

/** Refuses a method that the row does not have (RFC 9110 15.5.6). */
export function checkMethod({ methods }: Pick<Endpoint, 'methods'>, method: string): void {
  if (methods === undefined || methods.includes(method)) return
  if (method === 'HEAD' && methods.includes('GET')) return
  throw new OriginError(
    'METHOD_NOT_ALLOWED',
    `${method} is not allowed; use ${methods.join(' or ')}`,
    [['Allow', methods.join(', ')]],
  )
}

/**
 * Makes the parser of a row's parameters. Bad, missing, repeated or unknown ones are an OriginError INVALID_REQUEST
 * that says what is allowed. Some names are ignored, because clients and proxies add them: `isIgnored` has the rule.
 */
export function createBindTarget(row: Target): BindTarget {
  const fixed = fixedPath(row)
  const inPath = pathParameters(row)
  const inQuery = new Map(
    Object.entries(row.parameters).filter(([, { in: place }]) => place === 'query'),
  )
  const fallbacks: Record<string, unknown> = {}
  for (const [name, { codec }] of Object.entries(row.parameters)) {
    fallbacks[name] = codec.fallback?.value
  }
  const required = Object.entries(row.parameters).filter(
    ([, { codec }]) => codec.fallback === undefined,
  )

  const parse = (name: string, raw: string, limits: Limits): unknown => {
    const parameter = row.parameters[name]
    if (parameter === undefined) throw new TypeError(`${row.path} names no parameter ${name}`)
    const { codec } = parameter
    const text = decode(name, parameter.in === 'query' ? raw.replaceAll('+', ' ') : raw)
    const value = codec.parse(text, limits)
    if (value === undefined) throw invalid(name, text, `is wrong; use ${codec.allowed}`)
    const refusal = codec.refuse?.(value, limits)
    if (refusal !== undefined) throw invalid(name, text, refusal)
    return value
  }

  return (path, query, limits) => {
    if (inPath.length === 0 && query === '' && required.length === 0) return fallbacks
    const values: Record<string, unknown> = { ...fallbacks }
    if (inPath.length > 0) {
      const segments = splitRest(path.slice(fixed.length), inPath.length)
      for (const [index, name] of inPath.entries()) {
        const segment = segments[index] ?? ''
        if (segment !== '') values[name] = parse(name, segment, limits)
      }
    }
    if (query !== '')
      readQuery(query, (name, raw) => {
        if (!inQuery.has(name)) return refuseName(row, name, limits)
        values[name] = parse(name, raw, limits)
        return true
      })
    for (const [name, { codec }] of required) {
      if (values[name] === undefined) {
        throw new OriginError(
          'INVALID_REQUEST',
          `${name} is missing from ${path}; use ${codec.allowed}`,
        )
      }
    }
    return values
  }
}

function pathParameters(row: Target): readonly string[] {
  return [...row.path.matchAll(/\{(\w+)\??\}/g)].map((match) => match[1] ?? '')
}

// The last parameter takes everything that is left, including slashes.
function splitRest(rest: string, parts: number): readonly string[] {
  if (parts === 1) return [rest]
  const segments = rest.split('/')
  return [...segments.slice(0, parts - 1), segments.slice(parts - 1).join('/')]
}

/** `take` returns whether it knows the name, which must then not come again. */
function readQuery(query: string, take: (name: string, raw: string) => boolean): void {
  const seen = new Set<string>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodeName(equals === -1 ? pair : pair.slice(0, equals))
    if (seen.has(name))
      throw new OriginError('INVALID_REQUEST', `${name} is given twice; give it once`)
    if (take(name, equals === -1 ? '' : pair.slice(equals + 1))) seen.add(name)
  }
}

/** A mistyped name must not be ignored: the client would get an answer that it did not ask for. */
function refuseName(row: Target, name: string, limits: Limits): false {
  if (row.takesAnyQuery === true || isIgnored(name, limits)) return false
  const known = Object.keys(row.parameters).filter((one) => row.parameters[one]?.in === 'query')
  throw new OriginError('INVALID_REQUEST', unknownNameText(name, row.path, known))
}

// Faults are parsed elsewhere.
function isIgnored(name: string, { ignoredNames }: Limits): boolean {
  return name.startsWith('hp-') || isIgnoredName(name, ignoredNames)
}

/** The names and values of a query that are for an endpoint that takes any: all but faults, which have their own reader. */
export function ownQuery(query: string): readonly (readonly [name: string, value: string])[] {
  return [...new URLSearchParams(query)].filter(([name]) => !name.startsWith('hp-'))
}

// A name that cannot be decoded matches no known name.
function decodeName(raw: string): string {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}

function decode(name: string, raw: string): string {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    throw invalid(name, raw, 'is wrong; its percent-encoding is not UTF-8')
  }
}

function invalid(name: string, text: string, why: string): OriginError {
  return new OriginError('INVALID_REQUEST', `${name}=${JSON.stringify(shorten(text))} ${why}`)
}
