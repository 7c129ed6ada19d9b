/** First value of a name in names and values alternating, or ''. */
export function firstValue(headers: readonly string[], name: string): string {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] === name) return headers[at + 1] ?? ''
  }
  return ''
}
