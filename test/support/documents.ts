import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** Every document that people read, from the root of the project. */
export const documents: readonly string[] = [
  'README.md',
  ...markdownIn('docs'),
  '.github/CONTRIBUTING.md',
  'app/README.md',
  'k8s/README.md',
  'charts/hpdummy/README.md',
  'test/bench/README.md',
]

function markdownIn(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.md'))
  return names.toSorted().map((name) => `${folder}/${name}`)
}

/** A link or a picture of a document. */
export interface Link {
  /** As it is written: a URL, or a path with or without `#anchor`. */
  readonly target: string
  /** From the root of the project; undefined for URLs. */
  readonly path: string | undefined
  readonly anchor: string | undefined
}

/** The links and pictures of a Markdown text that lies at `file`. */
export function linksOf(file: string, text: string): readonly Link[] {
  const prose = withoutCode(text)
  const found = [...prose.matchAll(/\]\(([^()\s]+)\)|\b(?:src|srcset|href)="([^"]+)"/g)]
  return found.map(([, inline, html]) => {
    const target = inline ?? html ?? ''
    if (/^[a-z]+:/.test(target)) return { target, path: undefined, anchor: undefined }
    const [path = '', anchor] = target.split('#')
    return {
      target,
      path: path === '' ? file : normalize(join(dirname(file), path)),
      anchor,
    }
  })
}

/** The anchors that GitHub gives a Markdown text's headings. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const counts = new Map<string, number>()
  const headings = [...withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm)]
  const anchors = headings.map(([, heading = '']) => {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const slug = words.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    const anchor = slug.replaceAll(' ', '-')
    const count = counts.get(anchor) ?? 0
    counts.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
  return new Set(anchors)
}

/** A command of a document that a test can run against one origin, and what the document promises of it. */
export interface DocumentedCommand {
  readonly file: string
  readonly command: string
  /** A piece of what it prints. */
  readonly output: string
  readonly exitCode: number
}

/**
 * The commands of a document that promise something: lines of `sh` blocks that end in `# => OUTPUT`, and rows of tables
 * whose second column is called *run* and whose third has the output as code or says `exit N`. A third column that links to
 * a page instead promises nothing.
 */
export function commandsOf(file: string): readonly DocumentedCommand[] {
  const text = readFileSync(file, 'utf8')
  const blocks = [...text.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block = '']) => block)
  const lines = blocks.flatMap((block) => block.split('\n')).flatMap((line) => promiseOf(line))
  const tables = [...text.matchAll(/^\| [^|\n]+ \| run \|.*\n\|[-|]+\n((?:\|.*\n)+)/gm)]
  const rows = tables.flatMap(([, table = '']) => table.trimEnd().split('\n').flatMap(promiseOfRow))
  return [...lines, ...rows].map(({ command, output, exitCode }) => ({
    file,
    command,
    output,
    exitCode,
  }))
}

/**
 * The command lines of hpdummy in a Markdown text, as written: lines of `sh` blocks, and code in the prose, that begin
 * with `hpdummy` or with `npm start --`.
 */
export function ownCommandsOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block = '']) => block)
  const lines = blocks.flatMap((block) => block.replaceAll(/\\\n\s*/g, ' ').split('\n'))
  const inline = [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  return [...lines, ...inline.map((code) => code.replaceAll('\\|', '|'))].filter((line) =>
    /^(?:hpdummy|npm start --)(?: |$)/.test(line),
  )
}

/** The words after the program's name, as a shell splits them; up to a comment, a pipe or whatever else ends a command. */
export function wordsOfCommand(line: string): readonly string[] {
  const [command = ''] = /^(?:'[^']*'|"[^"]*"|[^'"|<>&;#]|(?<! )#)*/.exec(line) ?? []
  const words = command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []
  const plain = words.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'))
  return plain.slice(plain[0] === 'npm' ? 3 : 1)
}

type Promised = Omit<DocumentedCommand, 'file'>

function promiseOf(line: string): readonly Promised[] {
  const [, command, output] = /^(\S.*?)\s+# => (.+)$/.exec(line) ?? []
  if (command === undefined || output === undefined) return []
  return [{ command, output, exitCode: 0 }]
}

function promiseOfRow(row: string): readonly Promised[] {
  const [, , run = '', see = ''] = row.split(/(?<!\\)\|/).map((cell) => cell.trim())
  if (see.startsWith('[')) return []
  const command = run.replaceAll('`', '').replaceAll('\\|', '|')
  const exitCode = Number(/^exit (\d+)/.exec(see)?.[1] ?? 0)
  const output = /`([^`]+)`/.exec(see)?.[1] ?? ''
  return [{ command, output, exitCode }]
}

function withoutCode(text: string): string {
  return withoutBlocks(text).replaceAll(/`[^`\n]*`/g, '')
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^```[^]*?^```/gm, '')
}
