/** All values of a name in names and values alternating, as one list: lines are joined (RFC 9110 5.3). */
export function joinedValue(headers: readonly string[], name: string, separator = ', '): string {
  let joined = ''
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== name) continue
    joined = joined === '' ? (headers[at + 1] ?? '') : `${joined}${separator}${headers[at + 1]}`
  }
  return joined
}

/** The members of a list (RFC 9110 5.6.1); empty ones are left out. */
export function listMembers(list: string): readonly string[] {
  return list
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
}

/** Whether a list has a member, in any case. */
export function hasMember(list: string, word: string): boolean {
  return listMembers(list).some((member) => member.toLowerCase() === word)
}
