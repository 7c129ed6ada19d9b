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
  const takes = { switch: '', file: ' -r -F', value: ' -x' }
  const flagLines = flags.map(({ name, about, kind, values }) => {
    const known = kind === 'value' && values.length > 0 ? ` -a '${values.join(' ')}'` : ''
    const shown = about === '' ? '' : ` -d '${about}'`
    return `${line} -n '${isServing}' -l ${name.slice(2)}${takes[kind]}${known}${shown}`
  })
  return `# hpdummy completion fish | source
${line} -f
${[...names, ...following, ...flagLines].join('\n')}
`
}

const line = 'complete -c hpdummy'
