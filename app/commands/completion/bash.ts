import type { Words } from './words.ts'

/** The script for bash 4 and newer. */
export function bashScript({ commands, flags }: Words): string {
  const named = (kind: string): string =>
    flags
      .filter((one) => one.kind === kind)
      .map(({ name }) => name)
      .join('|')
  const values = flags
    .filter((one) => one.values.length > 0)
    .map(({ name, values: known }) => `    ${name}) words='${known.join(' ')}' ;;`)
  const following = commands
    .filter(({ words }) => words.length > 0)
    .map(({ name, words }) => `    ${name}) words='${words.join(' ')}' ;;`)
  const withSettings = commands.filter((one) => one.takesSettings).map(({ name }) => name)
  const offered = flags.map(({ name, kind }) => (kind === 'switch' ? name : `${name}=`))
  return `# source <(hpdummy completion bash)
_hpdummy() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} flag= words=
  COMPREPLY=()
  # Bash makes a word of the = in --name=value.
  if [[ $current == = ]]; then
    flag=$before current=
  elif [[ $before == = ]]; then
    flag=\${COMP_WORDS[COMP_CWORD-2]}
  else
    case $before in ${named('file')}|${named('value')}) flag=$before ;; esac
  fi
  case $flag in
    ${named('file')})
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
${values.join('\n')}
  esac
  if [[ -z $flag ]]; then
    if [[ $current == -* ]]; then
      case \${COMP_WORDS[1]} in -*|${withSettings.join('|')}) words='${offered.join(' ')}' ;; esac
    elif ((COMP_CWORD == 1)); then
      words='${commands.map(({ name }) => name).join(' ')}'
    elif ((COMP_CWORD == 2)); then
      case $before in
${following.map((line) => `    ${line}`).join('\n')}
      esac
    fi
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  [[ \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _hpdummy hpdummy
`
}
