import type { Headers, Reply } from '../endpoint.ts'

/**
 * Whether a header of entity tags (If-Match, If-None-Match) names this strong one, or any (RFC 9110 13.1). If-Match
 * compares strongly, so a weak tag never matches; If-None-Match weakly, so W/ does not count (RFC 9110 8.8.3.2).
 */
export function namesTag(header: string, tag: string, comparison: 'strong' | 'weak'): boolean {
  if (header.trim() === '*') return true
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? []
  return tags.some((one) => one === tag || (comparison === 'weak' && one === `W/${tag}`))
}

/** An answer without a body. A 304 has none by its status; others say that theirs is empty (RFC 9112 6.3). */
export function bodiless(status: number, headers: Headers): Reply {
  return { status, headers, body: status === 304 ? { kind: 'none' } : { kind: 'bytes', bytes: '' } }
}
