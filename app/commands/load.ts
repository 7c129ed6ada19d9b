import { writeFile } from 'node:fs/promises'
import { isatty } from 'node:tty'

import { type LoadFlagName, loadFlags } from '../load/plan/flags.ts'
import { readPlan } from '../load/plan/read-plan.ts'
import { flagOf, rowOf } from '../load/plan/read-words.ts'
import { loadScenarios } from '../load/plan/scenarios.ts'
import { metrics } from '../load/plan/thresholds.ts'
import { signalActions } from '../runtime/signals.ts'
import { type Command, type World, flagRow, refuse } from './command.ts'
import { columns } from './layout.ts'

const names = Object.keys(loadFlags) as LoadFlagName[]

/** Sends load to a URL and says what came of it, and who held it back. */
export const load: Command = {
  name: 'load',
  summary: 'Send load to a URL, on a schedule, and say who was the bottleneck',
  flags: names.map((name) => flagRow(flagOf(name), { ...rowOf(name), about: rowOf(name).doc })),
  help: () => `hpdummy load: load for a URL, and who held it back

Usage: hpdummy load URL [--FLAG=VALUE ...]

It sends requests on a schedule, whether or not earlier ones were answered, and counts each from
the moment it was due. A proxy that stalls for a second delays all requests of that second, and
the percentiles say so (no coordinated omission). Beside that stand the times from the actual
start, how late the client itself was, and what the origin says of its own part. Connections are
opened as they are needed, up to --connections. --connections without a rate is a closed loop, and
the report says so.

One machine sends as much as its cores can; for more of them use k6 with k6-operator (k8s/load).
Progress goes to standard error, the report to standard output. Ctrl-C ends the run with the
report so far, a second one at once.

${columns(
  'Flags',
  names.map((name) => [flagWords(name), rowOf(name).doc]),
)}

${columns(
  'Loads by name (--scenario); flags that follow change them',
  Object.entries(loadScenarios).map(([name, { summary }]) => [name, summary]),
)}

${columns(
  'Figures for --fail',
  Object.entries(metrics).map(([name, { doc }]) => [name, doc]),
)}

${columns('Examples', [
  ['hpdummy load proxy/bin/1K --rate=1000 --duration=30s', '1,000 requests a second'],
  ["hpdummy load proxy --rate=500 --fail='p99>200ms'", 'for a pipeline: exit code 1 when crossed'],
  ['hpdummy load proxy --stages=30s:500,1m:500 --html=a.html', 'a ramp, and a page with charts'],
  ['hpdummy load proxy/bin/1K --connections=64', 'as fast as 64 connections go'],
  ['hpdummy load proxy --scenario=fast', '1,000,000 requests on 500 connections'],
  ['hpdummy load proxy --ledger=http://origin:9000', 'what was lost or came twice'],
  ['hpdummy load proxy --origin=http://origin:9000', 'what the origin had left'],
])}

Exit codes: 0, or 1 when a --fail was crossed, or 2 for wrong usage, or 3 when nothing was
answered or something that was asked for could not be had (the ledger, the origin's numbers).
`,
  run,
}

function flagWords(name: LoadFlagName): string {
  const { short, value } = rowOf(name)
  const long = `${flagOf(name)}${value === undefined ? '' : `=${value}`}`
  return short === undefined ? long : `${long}, ${short}`
}

async function run(world: World): Promise<number> {
  const read = readPlan(world.argv)
  if ('problems' in read) return refuse(world, read.problems)
  const { plan } = read
  // Loaded when there is something to send, as serve does.
  const [{ runLoad }, { textReport }, { htmlReport }, { exitCodeOf }] = await Promise.all([
    import('../load/run-load.ts'),
    import('../load/report/text-report.ts'),
    import('../load/report/html-report.ts'),
    import('../load/report/judge.ts'),
  ])
  const report = await runLoad(plan, {
    version: world.version,
    entry: world.entry,
    isTerminal: isatty(2),
    write: (text) => world.stderr.write(text),
    onInterrupt: (stop) => takeInterrupts(world, stop),
  })
  const code = exitCodeOf(report)
  world.stdout.write(plan.isJson ? `${JSON.stringify(report, null, 2)}\n` : textReport(report))
  if (plan.htmlFile === undefined) return code
  try {
    await writeFile(plan.htmlFile, htmlReport(report))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    world.stderr.write(`hpdummy: --html: ${reason}\n`)
    return code === 0 ? 3 : code
  }
  return code
}

// As a shell says it of a program that a signal ended.
const interruptedCode = 130

/** The first signal ends the run with the report so far, the second ends the process. */
function takeInterrupts({ takeSignals, stderr }: World, stop: () => void): void {
  let taken = 0
  takeSignals((signal) => {
    if (signalActions[signal] === 'ignore') return
    taken++
    if (taken > 1) process.exit(interruptedCode)
    stderr.write('\nhpdummy: interrupted: the report so far follows\n')
    stop()
  })
}
