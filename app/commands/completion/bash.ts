import type { Flag } from '../command.ts'
import type { Words } from './words.ts'

/** The script for bash 4 and newer. */
export function bashScript({ commands, flags }: Words): string {
  const withSettings = commands.filter((one) => one.takesSettings).map(({ name }) => name)
  const withOwn = commands.filter((one) => one.flags.length > 0)
  // Flags of two commands may have one name: each is known by the set it belongs to.
  const sets: readonly FlagSet[] = [
    { name: 'settings', words: ['-*', ...withSettings], flags },
    ...withOwn.map((one) => ({ name: one.name, words: [one.name], flags: one.flags })),
  ]
  const rows = sets.flatMap((set) =>
    set.flags.map((one) => ({ ...one, place: `${set.name}:${one.name}` })),
  )
  const placed = (kind: string): string =>
    rows
      .filter((one) => one.kind === kind)
      .map(({ place }) => place)
      .join('|')
  const values = rows
    .filter((one) => one.values.length > 0)
    .map(({ place, values: known }) => `    ${place}) words='${known.join(' ')}' ;;`)
  const following = commands
    .filter(({ words }) => words.length > 0)
    .map(({ name, words }) => `        ${name}) words='${words.join(' ')}' ;;`)
  return `# source <(hpdummy completion bash)
_hpdummy() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} flag= words= set= flags=
  COMPREPLY=()
  case \${COMP_WORDS[1]} in
${sets.map(({ name, words, flags: own }) => `    ${words.join('|')}) set=${name} flags='${offered(own)}' ;;`).join('\n')}
  esac
  # Bash makes a word of the = in --name=value.
  if [[ $current == = ]]; then
    flag=$before current=
  elif [[ $before == = ]]; then
    flag=\${COMP_WORDS[COMP_CWORD-2]}
  else
    case $set:$before in ${placed('file')}|${placed('value')}) flag=$before ;; esac
  fi
  case $set:$flag in
    ${placed('file')})
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
${values.join('\n')}
  esac
  if [[ -z $flag ]]; then
    if [[ $current == -* ]]; then
      words=$flags
    elif ((COMP_CWORD == 1)); then
      words='${commands.map(({ name }) => name).join(' ')}'
    elif ((COMP_CWORD == 2)); then
      case $before in
${following.join('\n')}
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

interface FlagSet {
  readonly name: string
  /** The first words after which its flags may come. */
  readonly words: readonly string[]
  readonly flags: readonly Flag[]
}

function offered(flags: readonly Flag[]): string {
  return flags.map(({ name, kind }) => (kind === 'switch' ? name : `${name}=`)).join(' ')
}
