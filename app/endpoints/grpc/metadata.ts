/** The first value of each name of a list of names and values, as a message's map. */
export function firstValues(metadata: readonly string[]): Readonly<Record<string, string>> {
  const values = new Map<string, string>()
  for (let at = 0; at < metadata.length; at += 2) {
    const name = metadata[at] ?? ''
    if (!values.has(name)) values.set(name, metadata[at + 1] ?? '')
  }
  return Object.fromEntries(values)
}
