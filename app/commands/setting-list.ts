import {
  type SettingName,
  environmentName,
  flagName,
  settings,
  showSetting,
} from '../config/settings.ts'
import { beside } from './layout.ts'
import { type Topic, topics } from './topics.ts'

const names = Object.keys(settings) as readonly SettingName[]
const longestFlag = Math.max(...names.map((name) => flagName(name).length))

/** The rows of topics.ts, and one for each first word of a setting that none of them lists. */
export const settingTopics: readonly Topic[] = [
  ...topics,
  ...[...new Set(names.map(firstWord))]
    .filter((first) => !topics.some((topic) => topic.settings.includes(first)))
    .map((first) => ({ name: first, title: `Settings named ${first}`, settings: [first] })),
]

/** Every setting under the headings of the topics. */
export function settingList(): string {
  return settingTopics
    .map((topic) => `${topic.title} (hpdummy help ${topic.name})\n${settingRows(topic)}`)
    .join('\n\n')
}

/** The settings of a topic with flag, meaning, default and variable. */
export function settingRows(topic: Topic): string {
  return settingsOf(topic).map(settingRow).join('\n')
}

/** The names of a topic's settings, in the order of the table. */
export function settingsOf({ settings: firstWords }: Topic): readonly SettingName[] {
  return names.filter((setting) => firstWords.includes(firstWord(setting)))
}

function settingRow(name: SettingName): string {
  const { doc, format } = settings[name]
  const details = `default ${defaultOf(name)}; ${format.brief ?? format.allowed}; ${environmentName(name)}`
  return beside(flagName(name), [doc, details], longestFlag)
}

/** All about one setting, by any of its three spellings; undefined when there is no such setting. */
export function settingHelp(word: string): string | undefined {
  const name = names.find((one) => [one, flagName(one), environmentName(one)].includes(word))
  if (name === undefined) return undefined
  const { doc, format, reload } = settings[name]
  const rows = [
    ['Meaning', doc],
    ['Use', format.allowed],
    ['Default', defaultOf(name)],
    ['Flag', flagName(name)],
    ['Variable', environmentName(name)],
    ['A change', changes[reload]],
  ] as const
  const lines = rows.map(([left, right]) => beside(left, [right], 'A change'.length))
  return `hpdummy help: the setting ${name}\n\n${lines.join('\n')}\n`
}

const changes = {
  hot: 'is applied at once',
  worker: 'is applied by new workers, one after the other; no request is lost',
  process: 'is applied by a new process only',
  none: 'is not looked for: it is read at start only',
} as const

function defaultOf(name: SettingName): string {
  return showSetting(name, settings[name].value) ?? 'none'
}

function firstWord(name: string): string {
  return name.split('.', 1).join('')
}
