import type { Flag } from '../command.ts'
import type { Words } from './words.ts'

/** The script for zsh 5 and newer. */
export function zshScript({ commands, flags }: Words): string {
  const names = commands.map(({ name, about }) => `    '${name}:${about}'`)
  const following = commands
    .filter(({ words }) => words.length > 0)
    .map(({ name, words }) => `        ${name}) compadd -- ${words.join(' ')} ;;`)
  const withSettings = commands.filter((one) => one.takesSettings).map(({ name }) => name)
  const own = commands
    .filter((one) => one.flags.length > 0)
    .map((one) => `    ${one.name})\n      flags=(\n${specs(one.flags)}\n      ) ;;`)
  return `#compdef hpdummy
# source <(hpdummy completion zsh), after compinit; or a file _hpdummy in a directory of fpath
_hpdummy() {
  local -a names flags
  names=(
${names.join('\n')}
  )
  case $words[2] in
    -*|${withSettings.join('|')})
      flags=(
${specs(flags)}
      ) ;;
${own.join('\n')}
  esac
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
  (($#flags)) || return
  if [[ $words[2] != -* ]]; then
    shift words
    ((CURRENT--))
  fi
  _arguments -S $flags '*: :'
}
if [[ $funcstack[1] == _hpdummy ]]; then _hpdummy "$@"; else compdef _hpdummy hpdummy; fi
`
}

function specs(flags: readonly Flag[]): string {
  const lines = flags.map(({ name, about, kind, values, isRepeatable = false }) => {
    const action = kind === 'file' ? '_files' : values.length > 0 ? `(${values.join(' ')})` : ' '
    const value = kind === 'switch' ? '' : `:${kind}:${action}`
    const often = isRepeatable ? '*' : ''
    return `        '${often}${name}${kind === 'switch' ? '' : '='}[${about}]${value}'`
  })
  return lines.join('\n')
}
