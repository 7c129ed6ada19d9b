import {
  type Check,
  type Finding,
  type Need,
  type Probe,
  Unknown,
  groupOf,
} from '../checks/check.ts'
import { type Facts, type Line, type Result, lineOf } from './card.ts'
import { reasonOf } from './origins.ts'

/** What a run is told. */
export interface Run {
  readonly checks: readonly Check[]
  readonly proxied: Probe
  readonly direct: Probe
  readonly facts: Facts
  /** What the control run found before, by id; filled by this run. Another run at the same origin may use it again. */
  readonly controls?: Map<string, Finding>
  /** How many checks run at a time; 4 unless said. */
  readonly sideBySide?: number
  /** Is told of each line as it is there. */
  readonly onLine: (line: Line) => void
}

// Checks that do not disturb one another; more would only make a small machine the bottleneck.
const sideBySide = 4

// A busy machine may spoil one run of a check, and must not be taken for the proxy.
const tries = 2

/**
 * Asks every check, first of the origin itself (the control run) and then of the proxy. Checks that leave connections
 * of the proxy's in an odd state run alone, after the others.
 */
export async function runChecks(run: Run): Promise<readonly Line[]> {
  const lines = new Map<string, Line>()
  const judge = async (check: Check): Promise<void> => {
    const line = lineOf({ ...check, group: groupOf(check) }, await resultOf(check, run))
    lines.set(check.id, line)
    run.onLine(line)
  }
  const waiting = run.checks.filter(({ isAlone = false }) => !isAlone)
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await judge(next)
  }
  await Promise.all(Array.from({ length: run.sideBySide ?? sideBySide }, work))
  for (const check of run.checks.filter(({ isAlone = false }) => isAlone)) await judge(check)
  return run.checks.flatMap(({ id }) => lines.get(id) ?? [])
}

type Outcome = Pick<Line, 'result' | 'seen' | 'why'>

async function resultOf(check: Check, run: Run): Promise<Outcome> {
  const { proxied, facts } = run
  const [missing] = (check.needs ?? []).flatMap((need) => missingOf(need, facts))
  if (missing !== undefined) return missing
  if (!facts.isDirect && !(check.needs ?? []).includes('proxy')) {
    const control = await controlOf(check, run)
    if (control.verdict === 'broken' || control.verdict === 'unknown') {
      const why = `The control run, straight at the origin, deviates, so nothing can be said of the proxy: ${control.seen} ${control.why}`
      return { result: 'unknown', seen: '', why: why.trim() }
    }
  }
  const { verdict, seen, why } = await findingOf(check, proxied)
  return { result: verdict === 'broken' ? meanings[check.level] : verdict, seen, why }
}

async function controlOf(check: Check, { direct, controls }: Run): Promise<Finding> {
  const known = controls?.get(check.id)
  if (known !== undefined) return known
  const finding = await findingOf(check, direct)
  controls?.set(check.id, finding)
  return finding
}

const meanings = { must: 'fail', should: 'warn', note: 'note' } as const

// What could not be told is asked once more.
async function findingOf(check: Check, probe: Probe): Promise<Finding> {
  for (let attempt = 1; ; attempt++) {
    const finding = await check.run(probe).catch((error: unknown): Finding => ({
      verdict: 'unknown',
      seen: '',
      why:
        error instanceof Unknown
          ? error.message
          : `${check.id} could not be asked: ${reasonOf(error)}`,
    }))
    const isSpoilt =
      finding.verdict === 'unknown' || (probe.isDirect && finding.verdict === 'broken')
    if (!isSpoilt || attempt === tries) return finding
  }
}

function missingOf(need: Need, facts: Facts): readonly Outcome[] {
  switch (need) {
    case 'proxy':
      return facts.isDirect
        ? out('skipped', 'No proxy stands between: the URL is the origin itself.')
        : []
    case 'http2':
      return facts.hasHttp2 ? [] : out('skipped', 'The URL does not speak HTTP/2.')
    case 'http2-origin':
      return facts.originVersion.startsWith('2')
        ? []
        : out(
            'skipped',
            `The proxy speaks HTTP/${facts.originVersion} to the origin; this is a question of HTTP/2.`,
          )
    case 'http1':
      return facts.originVersion.startsWith('1')
        ? []
        : out('skipped', 'The proxy speaks HTTP/2 to the origin; this is a fault of HTTP/1.1.')
    case 'http1.1':
      return facts.originVersion === '1.1'
        ? []
        : out(
            'skipped',
            `The proxy speaks HTTP/${facts.originVersion} to the origin; this is a fault of HTTP/1.1.`,
          )
    case 'wire':
      return facts.listener === 'wire'
        ? []
        : out(
            'unknown',
            'The proxy speaks to the fast listener, which cannot do this. Point it at the wire listener (wire.port, 8081).',
          )
    case 'ledger':
      return facts.hasLedger
        ? []
        : out(
            'unknown',
            'The origin keeps no ledger, so what arrived is not known. Set ledger.memory.',
          )
  }
}

function out(result: Result, why: string): readonly Outcome[] {
  return [{ result, seen: '', why }]
}
