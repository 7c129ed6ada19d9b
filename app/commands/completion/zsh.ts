import type { Words } from './words.ts'

/** The script for zsh 5 and newer. */
export function zshScript({ commands, flags }: Words): string {
  const names = commands.map(({ name, about }) => `    '${name}:${about}'`)
  const specs = flags.map(({ name, about, kind, values }) => {
    const action = kind === 'file' ? '_files' : values.length > 0 ? `(${values.join(' ')})` : ' '
    const value = kind === 'switch' ? '' : `:${kind}:${action}`
    return `    '${name}${kind === 'switch' ? '' : '='}[${about}]${value}'`
  })
  const following = commands
    .filter(({ words }) => words.length > 0)
    .map(({ name, words }) => `      ${name}) compadd -- ${words.join(' ')} ;;`)
  const withSettings = commands.filter((one) => one.takesSettings).map(({ name }) => name)
  return `#compdef hpdummy
# source <(hpdummy completion zsh), after compinit; or a file _hpdummy in a directory of fpath
_hpdummy() {
  local -a names flags
  names=(
${names.join('\n')}
  )
  flags=(
${specs.join('\n')}
  )
  if [[ $words[CURRENT] != -* ]]; then
    if ((CURRENT == 2)); then
      _describe command names
      return
    elif ((CURRENT == 3)); then
      case $words[2] in
${following.join('\n')}
      esac
    fi
  fi
  case $words[2] in
    -*) _arguments -S $flags '*: :' ;;
    ${withSettings.join('|')})
      shift words
      ((CURRENT--))
      _arguments -S $flags '*: :' ;;
  esac
}
if [[ $funcstack[1] == _hpdummy ]]; then _hpdummy "$@"; else compdef _hpdummy hpdummy; fi
`
}
