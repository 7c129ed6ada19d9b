import { type Command, print, refuse } from './command.ts'
import { columns } from './layout.ts'
import { settingHelp, settingList, settingRows, settingTopics } from './setting-list.ts'
import { type Topic, units } from './topics.ts'
import { surplusWords, unknownWord } from './unknown-word.ts'

/** Makes the command that explains the others, itself, the topics and each setting. */
export function createHelp(
  all: () => readonly Command[],
): Command & { readonly help: () => string } {
  return {
    name: 'help',
    summary: 'Print this, or the help of a command, a topic or a setting',
    get words() {
      return subjects(all())
    },
    help: () => helpText(all()),
    async run(world) {
      const [word, ...rest] = world.argv
      if (word === undefined) return print(world, helpText(all()))
      if (rest.length > 0) return refuse(world, [surplusWords(`help ${word}`, rest)])
      const text = await helpOf(word, all())
      if (text !== undefined) return print(world, text)
      return refuse(world, [unknownWord('help', word, subjects(all()))])
    },
  }
}

/** The words that help explains, but for the settings. */
function subjects(commands: readonly Command[]): readonly string[] {
  return [...commands, ...settingTopics].map(({ name }) => name)
}

async function helpOf(word: string, commands: readonly Command[]): Promise<string | undefined> {
  const command = commands.find(({ name }) => name === word)
  if (command !== undefined) return command.help()
  const named = settingTopics.find(({ name }) => name === word)
  if (named !== undefined) return topicHelp(named)
  // A setting of one word is not the first word of others.
  const topic = settingTopics.find(({ settings: firstWords }) => firstWords.includes(word))
  return settingHelp(word) ?? (topic && topicHelp(topic))
}

function topicHelp(topic: Topic): string {
  const { name, title, text } = topic
  const parts = [`hpdummy help ${name}: ${title}`, text, `Settings\n${settingRows(topic)}`, units]
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`
}

function helpText(commands: readonly Command[]): string {
  const examples = [
    ['hpdummy', 'serve on the default ports'],
    ['hpdummy --http-port=8000 --workers=2', 'two settings as flags'],
    ['HPDUMMY_HTTP_PORT=8000 hpdummy', 'one as a variable'],
    ['hpdummy --config=app.yaml --log-requests', 'a file of settings; one more on top'],
    ['hpdummy settings print --config=app.yaml', 'what is set, and what set it'],
    ['hpdummy help tls', 'one topic; so is each heading above'],
    ['hpdummy help http.port', 'one setting'],
  ] as const
  return `hpdummy: the origin behind your proxy

Usage: hpdummy [serve] [--SETTING=VALUE ...]
       hpdummy COMMAND ...
In a checkout, write npm start -- for hpdummy.

${columns(
  'Commands (each explains itself with --help)',
  commands.map(({ name, summary }) => [name, summary]),
)}

A setting is a flag, an environment variable or a line of the --config file, in that order of
precedence: --http-port, HPDUMMY_HTTP_PORT, http.port.
${units}

${settingList()}

${columns('Flags that stand for a command', [
  ['--print-config', 'settings print'],
  ['--explain-resources', 'settings explain'],
  ['--version', 'version'],
  ['--help, -h', 'help; after a command, help of that command'],
])}

${columns('Examples', examples)}

Exit codes: 0, or 1 when the origin could not start or broke down, or 2 for wrong usage.
Endpoints: curl localhost:8080/help
`
}
