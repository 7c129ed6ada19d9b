// npm run bench: measures the origin beside its peers (README.md says how to read it).
import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { parseArgs } from 'node:util'

import { chunked } from './cases/chunked.ts'
import { download } from './cases/download.ts'
import { echo } from './cases/echo.ts'
import { heap } from './cases/heap.ts'
import { ledger } from './cases/ledger.ts'
import { memory } from './cases/memory.ts'
import { observing } from './cases/observing.ts'
import { pipelined } from './cases/pipelined.ts'
import { quota } from './cases/quota.ts'
import { small } from './cases/small.ts'
import { tcpserver } from './cases/tcpserver.ts'
import { upload } from './cases/upload.ts'
import { websocket } from './cases/websocket.ts'
import { describeNetwork, enterPrivateNetwork } from './network.ts'
import { type CaseReport, judge, renderCase, renderVerdict, toRecord } from './report.ts'
import type { Row } from './row.ts'
import { killServers } from './servers.ts'
import { buildGoPeer } from './toolchain.ts'

const table: readonly Row[] = [
  small,
  pipelined,
  echo,
  download,
  chunked,
  upload,
  websocket,
  memory,
  quota,
  heap,
  observing,
  ledger,
  ...tcpserver,
]

const usage = `usage: node test/bench/main.ts [case ...] [--rounds N] [--seconds S] [--json FILE]
cases: ${[...new Set(table.map(({ name, group = name }) => group))].join(', ')} (default: all)
`

interface Order {
  readonly rows: readonly Row[]
  readonly rounds: number
  readonly seconds: number
  readonly jsonPath: string | undefined
}

function parseOrder(): Order {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '3' },
      json: { type: 'string' },
    },
  })
  const unknown = positionals.filter((asked) => !table.some((row) => isAsked(row, asked)))
  if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(', ')}`)
  return {
    rows:
      positionals.length === 0
        ? table
        : table.filter((row) => positionals.some((asked) => isAsked(row, asked))),
    rounds: parseCount('--rounds', values.rounds, 100),
    seconds: parseCount('--seconds', values.seconds, 60),
    jsonPath: values.json,
  }
}

function isAsked({ name, group }: Row, asked: string): boolean {
  return asked === name || asked === group
}

function parseCount(name: string, text: string, limit: number): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > limit) {
    throw new Error(`${name} ${text}: a whole number from 1 to ${limit}`)
  }
  return count
}

/** The cases' reports, and why some have none. */
interface Outcome {
  readonly reports: CaseReport[]
  readonly failures: string[]
}

async function runCases({ rows, rounds, seconds }: Order): Promise<Outcome> {
  const outcome: Outcome = { reports: [], failures: [] }
  for (const row of rows) {
    const progress = (line: string): void => void process.stderr.write(`${row.name}: ${line}\n`)
    try {
      const report = judge(row, await row.measure({ rounds, seconds, progress }))
      outcome.reports.push(report)
      process.stdout.write(`${renderCase(report)}\n`)
    } catch (error) {
      outcome.failures.push(
        `${row.name}: ${error instanceof Error ? error.message : String(error)}`,
      )
      progress(`not measured: ${String(error)}`)
    }
  }
  return outcome
}

function renderSummary({ reports, failures }: Outcome): string {
  const lines = reports.flatMap(({ row, verdicts }) =>
    verdicts.map((verdict) => `${row.name.padEnd(13)} ${renderVerdict(verdict)}`),
  )
  const notMeasured = failures.map((failure) => `not measured: ${failure}`)
  return `summary\n${[...lines, ...notMeasured].join('\n')}\n`
}

function describeMachine(): string {
  return `${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}`
}

function writeRecord(path: string, { rounds, seconds }: Order, outcome: Outcome): void {
  const record = {
    measured: new Date().toISOString(),
    machine: describeMachine(),
    network: describeNetwork(),
    rounds,
    seconds,
    cases: outcome.reports.map(toRecord),
    failures: outcome.failures,
  }
  writeFileSync(path, `${JSON.stringify(record, null, 2)}\n`)
}

/** Goes where nothing else runs. Go's modules are fetched before: nothing is reached from there. */
function prepare({ rows }: Order): void {
  if (cpus().length < 2) throw new Error('two cores are needed: one for servers, one for clients')
  const builds = [() => buildGoPeer('fasthttp'), ...rows.flatMap((row) => row.build ?? [])]
  for (const build of new Set(builds)) {
    try {
      build()
    } catch {
      // Said by the cases that need it.
    }
  }
  enterPrivateNetwork()
}

async function run(order: Order): Promise<void> {
  process.stdout.write(`${describeMachine()}\n${describeNetwork()}\n\n`)
  const outcome = await runCases(order)
  process.stdout.write(renderSummary(outcome))
  if (order.jsonPath !== undefined) writeRecord(order.jsonPath, order, outcome)
  if (outcome.failures.length > 0) process.exitCode = 1
}

process.on('exit', killServers)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

try {
  const order = parseOrder()
  prepare(order)
  await run(order)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  process.exitCode = 2
}
