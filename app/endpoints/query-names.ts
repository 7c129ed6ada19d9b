import { nearestWord } from '../nearest.ts'

// Cache busters, and parameters that advertisers add to links.
const ignoredBegin = /^(?:_|utm_)/

/** Whether an unknown query parameter is ignored: `_...`, `utm_...`, and the names in query.ignored. */
export function isIgnoredName(name: string, ignoredNames: ReadonlySet<string>): boolean {
  return ignoredBegin.test(name) || ignoredNames.has(name)
}

/** The error for a query parameter that a path does not have; it suggests the nearest name that the path has. */
export function unknownNameText(name: string, path: string, known: readonly string[]): string {
  const nearest = nearestWord(name, known)
  const advice =
    nearest === undefined
      ? `use ${[...known, 'a name that starts with _, which is ignored'].join(' or ')}`
      : `did you mean ${nearest}?`
  return `${JSON.stringify(shorten(name))} is not a query parameter of ${path}; ${advice}`
}

/** A client's text, cut to 64 characters, for errors. */
export function shorten(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}...` : text
}
