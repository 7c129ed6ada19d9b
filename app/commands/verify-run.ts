import { readFile, writeFile } from 'node:fs/promises'
import { isatty } from 'node:tty'

import { type Check, groupOf, groups } from '../evidence/checks/check.ts'
import { checks } from '../evidence/checks/table.ts'
import { type Baseline, againstBaseline, readBaseline } from '../evidence/verify/baseline.ts'
import { type Card, cardJson, countsOf, exitCodeOf } from '../evidence/verify/card.ts'
import { HeadroomWatch } from '../evidence/verify/headroom.ts'
import { cardHtml } from '../evidence/verify/html.ts'
import { cardJunit } from '../evidence/verify/junit.ts'
import { Origins, reasonOf } from '../evidence/verify/origins.ts'
import { NoEvidence, begin } from '../evidence/verify/preflight.ts'
import { runChecks } from '../evidence/verify/run.ts'
import { cardText } from '../evidence/verify/terminal.ts'
import { hasColors } from './colors.ts'
import { type World, refuse } from './command.ts'
import { columns } from './layout.ts'
import { verifyFlags } from './verify-flags.ts'
import { type VerifyOptions, readVerifyOptions } from './verify-options.ts'

/** Judges the proxy in front of the origin (Command.run). */
export async function runVerify(world: World): Promise<number> {
  const options = readVerifyOptions(world.argv)
  if (!('url' in options)) return refuse(world, options)
  try {
    const baseline = await baselineOf(options)
    const card = await judge(world, options)
    const told =
      baseline === undefined ? card : { ...card, lines: againstBaseline(card.lines, baseline) }
    return await tell(world, options, told)
  } catch (error) {
    if (error instanceof BadFile) return refuse(world, [error.message])
    if (!(error instanceof NoEvidence)) throw error
    world.stderr.write(`hpdummy: ${error.message}\n`)
    return 3
  }
}

/** The whole text of `hpdummy help verify`. */
export function verifyHelp(): string {
  return `hpdummy verify: what did the proxy do?

Usage: hpdummy verify URL [--origin=ADMIN_URL ...] [--groups=R,C,...] [--json] ...

It sends requests through the proxy at URL, asks the origin behind it to misbehave, reads on the
origin's admin port what arrived, and judges. Each check is asked of the origin itself first (the
control run): where that deviates, nothing is said of the proxy.

${columns(
  'Flags',
  Object.entries(verifyFlags).map(([name, flag]) => [
    `--${name}${flag.value === undefined ? '' : `=${flag.value}`}`,
    flag.text,
  ]),
)}

${columns('Results', [
  ['pass', 'as it should be'],
  ['fail', 'a MUST is broken, or a message is not what it was'],
  ['warn', 'a SHOULD is broken'],
  ['note', 'a choice that the rules leave to a proxy'],
  ['unknown', 'the evidence is missing, or the control run deviates'],
  ['skipped', 'does not apply'],
])}

${Object.entries(groups)
  .map(([group, title]) => groupHelp(group, title))
  .filter((text) => text !== '')
  .join('\n\n')}

${columns('Examples', [
  ['hpdummy verify http://localhost:80', 'the proxy on port 80, an origin on the default ports'],
  ['hpdummy verify https://gw.example --origin=hpdummy-headless:9000', 'in a cluster, all pods'],
  ['hpdummy verify localhost:80 --checks=R2,R3', 'two checks'],
  ['hpdummy verify localhost:80 --json > card.json', 'for machines, and for --baseline later'],
])}

Exit codes: 0, or 1 when a check failed, 2 for wrong usage, 3 when the evidence of a MUST could not
be had.
`
}

function groupHelp(group: string, title: string): string {
  const rows = checks.filter((check) => groupOf(check) === group)
  if (rows.length === 0) return ''
  return columns(
    `${group}: ${title}`,
    rows.map(({ id, title: text, rule }) => [id, rule === '-' ? text : `${text} (${rule})`]),
  )
}

async function judge(world: World, options: VerifyOptions): Promise<Card> {
  const startedAt = new Date()
  const began = performance.now()
  const origins = await Origins.find(options.origins).catch((error: unknown) => {
    throw new NoEvidence(`--origin: ${options.origins.join(', ')}: ${reasonOf(error)}`)
  })
  const { url, direct, isStrict } = options
  const start = await begin({ url, direct, isStrict, origins })
  const progress = createProgress(world, options.checks)
  const watch = new HeadroomWatch(origins)
  const lines = await runChecks({
    ...start,
    checks: options.checks,
    onLine: (line) => progress.step(line),
  })
  const headroom = await watch.end()
  progress.end()
  return {
    url: url.href,
    origin: origins.urls.join(', '),
    direct: start.directUrl,
    startedAt,
    seconds: (performance.now() - began) / 1000,
    headroom,
    facts: start.facts,
    lines,
  }
}

/** A file that was named and cannot be used. */
class BadFile extends Error {}

// Before the run, which would be in vain.
async function baselineOf({ baseline: file }: VerifyOptions): Promise<Baseline | undefined> {
  if (file === undefined) return undefined
  try {
    return readBaseline(await readFile(file, 'utf8'))
  } catch (error) {
    throw new BadFile(`--baseline: ${file}: ${reasonOf(error)}`)
  }
}

async function write(flag: string, file: string | undefined, text: () => string): Promise<void> {
  if (file === undefined) return
  await writeFile(file, text()).catch((error: unknown) => {
    throw new BadFile(`--${flag}: ${file}: ${reasonOf(error)}`)
  })
}

async function tell(world: World, options: VerifyOptions, card: Card): Promise<number> {
  await write('junit', options.junit, () => cardJunit(card))
  await write('html', options.html, () => cardHtml(card))
  if (options.isJson) {
    world.stdout.write(cardJson(card))
  } else {
    const width = Math.min(Math.max(process.stdout.columns ?? 100, 60), 110)
    world.stdout.write(cardText(card, { hasColors: hasColors(world.env, isatty(1)), width }))
  }
  return exitCodeOf(card.lines)
}

/** A line that is written again and again on a terminal; a line for every tenth check elsewhere would be noise. */
function createProgress({ stderr }: World, all: readonly Check[]) {
  const isTerminal = isatty(2)
  const lines: Parameters<typeof countsOf>[0][number][] = []
  const show = (text: string): void => {
    if (isTerminal) stderr.write(`\r\x1b[K${text}`)
  }
  show(`0 of ${all.length} checks`)
  return {
    step(line: (typeof lines)[number]): void {
      lines.push(line)
      const { fail, warn, unknown } = countsOf(lines)
      show(
        `${lines.length} of ${all.length} checks, ${fail} fail, ${warn} warn, ${unknown} unknown: ${line.id}`,
      )
    },
    end: (): void => show(''),
  }
}
