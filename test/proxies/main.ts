// `npm run proxies` runs `hpdummy verify` behind each real proxy that there is, and writes the matrix into
// docs/proxies.md. `npm run proxies -- nginx Envoy` judges these again, and takes what was found before of the others.
import { readFileSync, writeFileSync } from 'node:fs'
import type { TestContext } from 'node:test'

import { countsOf } from '../../app/evidence/verify/card.ts'
import { guess } from '../../app/nearest.ts'
import { withTables } from '../golden/goldens.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { type Judged, keep, lastOf, startRealProxy, verify, versionOf } from './judge.ts'
import { matrix } from './matrix.ts'
import type { RealProxy, Setup } from './real-proxy.ts'
import { realProxies } from './table.ts'

const document = 'docs/proxies.md'

/** Runs something with what helpers of tests ask of a test: to be called back at the end. */
async function scoped<T>(work: (t: TestContext) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = []
  try {
    return await work({ after: (end: () => unknown) => ends.push(end) } as unknown as TestContext)
  } finally {
    for (const end of ends) await end()
  }
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** The proxies of these names, all without any; ends the process where there is none of a name. */
function chosen(names: readonly string[]): readonly RealProxy[] {
  const known = realProxies.map(({ name }) => name)
  for (const name of names) {
    if (known.some((one) => one.toLowerCase() === name.toLowerCase())) continue
    tell(`${name}: ${guess(name, known)}there are ${known.join(', ')}`)
    process.exit(2)
  }
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  return realProxies.filter(({ name }) => wanted.size === 0 || wanted.has(name.toLowerCase()))
}

async function judge(proxy: RealProxy, setup: Setup, origin: TestOrigin): Promise<Judged> {
  return scoped(async (t) => {
    const version = await versionOf(proxy)
    const place = { ports: origin.ports, traffic: origin.ports.wire }
    const { url } = await startRealProxy(t, { proxy, setup }, place)
    const began = performance.now()
    const checks = await verify(url, origin.ports.admin)
    const seconds = (performance.now() - began) / 1000
    return { proxy: proxy.name, setup: setup.name, version, seconds, checks }
  })
}

async function judgeAll(proxies: readonly RealProxy[], origin: TestOrigin): Promise<void> {
  for (const proxy of proxies) {
    const reason = proxy.install?.() ?? false
    if (reason !== false || proxy.find() === undefined) {
      tell(`${proxy.name}: left out: ${reason || `${proxy.source} is not installed`}`)
      continue
    }
    for (const setup of proxy.setups) {
      const judged = await judge(proxy, setup, origin).catch((error: unknown) => {
        tell(
          `${proxy.name}, ${setup.name}: ${error instanceof Error ? error.message : String(error)}`,
        )
        process.exitCode = 1
      })
      if (judged === undefined) continue
      keep(judged)
      const { fail, warn, unknown } = countsOf(judged.checks as never)
      const told = `${fail} fail, ${warn} warn, ${unknown} unknown`
      tell(`${proxy.name} ${judged.version}, ${setup.name}: ${told}, ${judged.seconds.toFixed()} s`)
      for (const { id, result, seen, why } of judged.checks) {
        if (['fail', 'warn', 'unknown'].includes(result)) tell(`  ${result} ${id}: ${seen} ${why}`)
      }
    }
  }
}

const proxies = chosen(process.argv.slice(2))
await scoped(async (t) => judgeAll(proxies, await startOrigin(t)))
const found = realProxies.flatMap((proxy) =>
  proxy.setups.flatMap((setup) => lastOf(proxy, setup) ?? []),
)
writeFileSync(
  document,
  withTables(readFileSync(document, 'utf8'), { matrix: matrix(found, realProxies) }),
)
tell(`wrote ${document}`)
