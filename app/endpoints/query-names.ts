import { nearestWord } from '../nearest.ts'

// Cache busters, and what advertisers add to links.
const ignoredBegin = /^(?:_|utm_)/

/** Whether a query parameter passes although nobody knows it: `_...`, `utm_...`, and what query.ignored names. */
export function isIgnoredName(name: string, ignoredNames: ReadonlySet<string>): boolean {
  return ignoredBegin.test(name) || ignoredNames.has(name)
}

/** The sentence for a query parameter that a path does not have, with the nearest one of those that it has. */
export function unknownNameText(name: string, path: string, known: readonly string[]): string {
  const nearest = nearestWord(name, known)
  const advice =
    nearest === undefined
      ? `use ${[...known, 'a name that starts with _, which is ignored'].join(' or ')}`
      : `did you mean ${nearest}?`
  return `${JSON.stringify(shorten(name))} is not a query parameter of ${path}; ${advice}`
}

/** A text of a client as errors quote it. */
export function shorten(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}...` : text
}
