import type { Flag } from '../command.ts'
import type { Words } from './words.ts'

/** The script for fish 3 and newer. */
export function fishScript({ commands, flags }: Words): string {
  const withoutSettings = commands.filter((one) => !one.takesSettings).map(({ name }) => name)
  const isServing = `not __fish_seen_subcommand_from ${withoutSettings.join(' ')}`
  const names = commands.map(
    ({ name, about }) => `${line} -n __fish_use_subcommand -a ${name} -d '${about}'`,
  )
  const following = commands
    .filter(({ words }) => words.length > 0)
    .map(({ name, words }) => {
      const list = words.join(' ')
      const isNext = `test (count (commandline -opc)) -eq 2; and __fish_seen_subcommand_from ${name}`
      return `${line} -n '${isNext}' -a '${list}'`
    })
  const own = commands.flatMap((one) =>
    one.flags.map((flag) =>
      flagLine(
        flag,
        `__fish_seen_subcommand_from ${one.name}; and test (commandline -opc)[2] = ${one.name}`,
      ),
    ),
  )
  return `# hpdummy completion fish | source
${line} -f
${[...names, ...following, ...flags.map((flag) => flagLine(flag, isServing)), ...own].join('\n')}
`
}

const line = 'complete -c hpdummy'

const takes = { switch: '', file: ' -r -F', value: ' -x' }

function flagLine({ name, about, kind, values }: Flag, condition: string): string {
  const known = kind === 'value' && values.length > 0 ? ` -a '${values.join(' ')}'` : ''
  const shown = about === '' ? '' : ` -d '${about}'`
  return `${line} -n '${condition}' -l ${name.slice(2)}${takes[kind]}${known}${shown}`
}
