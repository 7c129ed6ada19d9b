/**
 * Whether text for a person is to have colours: on a terminal, unless NO_COLOR is set (no-color.org) or the terminal is
 * dumb; FORCE_COLOR says so for any output, and 0 or false forbids them (as Node itself takes it).
 */
export function hasColors(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: refused, TERM: terminal } = env
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  if (refused !== undefined && refused !== '') return false
  return isTerminal && terminal !== 'dumb'
}
