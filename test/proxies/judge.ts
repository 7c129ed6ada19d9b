import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import type { Line } from '../../app/evidence/verify/card.ts'
import type { TestOrigin } from '../support/origin.ts'
import { freePort, untilListening } from '../support/ports.ts'
import { type Program, createDirectory, run, startProgram } from '../support/programs.ts'
import { until } from '../support/wait.ts'
import type { RealProxy, Setup } from './real-proxy.ts'

/** What `hpdummy verify` found behind one configuration of a proxy. */
export interface Judged {
  readonly proxy: string
  readonly setup: string
  readonly version: string
  readonly seconds: number
  readonly checks: readonly Pick<Line, 'id' | 'result' | 'seen' | 'why'>[]
}

/** A proxy that runs in front of an origin. */
export interface StartedProxy extends Program {
  readonly url: string
}

/** Starts a proxy with a configuration; resolves when an answer of the origin comes through it. */
export async function startRealProxy(
  t: TestContext,
  { proxy, setup }: { readonly proxy: RealProxy; readonly setup: Setup },
  { ports, traffic }: Pick<TestOrigin, 'ports'> & { readonly traffic: number },
): Promise<StartedProxy> {
  const [path, directory, port] = [proxy.find(), createDirectory(t), await freePort()]
  if (path === undefined) throw new Error(`${proxy.name} is not installed: ${proxy.source}`)
  const place = { directory, port, traffic, ports }
  const words = proxy.prepare(setup.configuration(place), place)
  const program = startProgram(t, { path, words, env: { HOME: directory } })
  await untilListening(port)
  const url = `http://127.0.0.1:${port}`
  // Some listen before they know the origin, or before their first health check.
  await until(`${proxy.name} leads to the origin`, async () => {
    const answer = await fetch(`${url}/ready`).catch(() => undefined)
    await answer?.body?.cancel()
    return answer?.status === 200
  })
  return { ...program, url }
}

/** The version that a proxy tells of itself. */
export async function versionOf({ find, version }: RealProxy): Promise<string> {
  const { stdout, stderr } = await run(find() ?? '', version.words)
  return version.in.exec(`${stdout.toString()}\n${stderr}`)?.[1] ?? 'of an unknown version'
}

const verifyMs = 600_000

/** Runs `hpdummy verify` as a user would, and reads its card. Throws what it says where there is no card. */
export async function verify(url: string, admin: number): Promise<Judged['checks']> {
  const words = ['verify', url, `--origin=http://127.0.0.1:${admin}`, '--json']
  const { code, stdout, stderr } = await run(process.execPath, ['app/main.ts', ...words], {
    withinMs: verifyMs,
  })
  if (stdout.length === 0) throw new Error(`hpdummy verify ended with ${code}: ${stderr}`)
  return (JSON.parse(stdout.toString()) as Pick<Judged, 'checks'>).checks
}

const kept = '.cache'

const fileOf = ({ proxy, setup }: Pick<Judged, 'proxy' | 'setup'>): string =>
  join(kept, `proxies-${proxy.replaceAll(' ', '-').toLowerCase()}-${setup}.json`)

/** Keeps what was found, so that one proxy can be judged again without the others. */
export function keep(judged: Judged): void {
  mkdirSync(kept, { recursive: true })
  writeFileSync(fileOf(judged), `${JSON.stringify(judged, null, 2)}\n`)
}

/** What was found the last time; undefined where there was none. */
export function lastOf(proxy: RealProxy, { name }: Setup): Judged | undefined {
  try {
    const text = readFileSync(fileOf({ proxy: proxy.name, setup: name }), 'utf8')
    return JSON.parse(text) as Judged
  } catch {
    return undefined
  }
}
