import { parseArgs } from 'node:util'

import { type Check, type Group, groupOf, groups } from '../evidence/checks/check.ts'
import { checks } from '../evidence/checks/table.ts'
import { guess } from '../nearest.ts'
import { verifyFlags } from './verify-flags.ts'

/** What `hpdummy verify` was told. */
export interface VerifyOptions {
  readonly url: URL
  readonly checks: readonly Check[]
  readonly origins: readonly string[]
  readonly direct: URL | undefined
  readonly isStrict: boolean
  readonly isJson: boolean
  readonly junit: string | undefined
  readonly html: string | undefined
  readonly baseline: string | undefined
}

/** Groups that are not run unless they are named. */
const onRequest: ReadonlySet<Group> = new Set(['P'])

/** Reads the words after `verify`; a list of what is wrong with them otherwise. */
export function readVerifyOptions(argv: readonly string[]): VerifyOptions | readonly string[] {
  const names = Object.keys(verifyFlags)
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(verifyFlags).map(([name, flag]) => [
        name,
        { type: flag.value !== undefined ? ('string' as const) : ('boolean' as const) },
      ]),
    ),
  })
  const problems: string[] = []
  const given = new Map<string, string[]>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(verifyFlags, token.name) ? verifyFlags[token.name] : undefined
    if (flag === undefined) {
      const near = guess(
        token.rawName,
        names.map((name) => `--${name}`),
      )
      problems.push(`${token.rawName}: verify has no such flag; ${near}see hpdummy help verify`)
    } else if (flag.value !== undefined && (token.value ?? '') === '') {
      problems.push(`${token.rawName}: needs a value: --${token.name}=${flag.value}`)
    } else if (flag.value === undefined && token.value !== undefined) {
      problems.push(`${token.rawName}: takes no value`)
    } else {
      given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? ''])
    }
  }
  for (const name of names.filter((one) => given.has(one) && verifyFlags[one]?.isPlanned)) {
    problems.push(`--${name}: not there yet: this version has no such checks`)
  }
  const last = (name: string): string | undefined => given.get(name)?.at(-1)
  const url = readUrl('the URL', words[0], problems)
  if (words.length > 1)
    problems.push(`verify: takes one URL; leave out ${words.slice(1).join(' ')}`)
  const direct = given.has('direct') ? readUrl('--direct', last('direct'), problems) : undefined
  const chosen = chooseChecks(given, problems)
  const origins = given.get('origin') ?? ['http://localhost:9000']
  for (const origin of given.get('origin') ?? []) checkOrigin(origin, problems)
  if (problems.length > 0 || url === undefined) return problems
  return {
    url,
    checks: chosen,
    origins,
    direct,
    isStrict: !given.has('insecure'),
    isJson: given.has('json'),
    junit: last('junit'),
    html: last('html'),
    baseline: last('baseline'),
  }
}

function readUrl(what: string, text: string | undefined, problems: string[]): URL | undefined {
  const allowed = 'use http://host:port or https://host:port, and a path if the proxy takes it off'
  if (text === undefined) {
    problems.push(`verify: say where the proxy is: hpdummy verify http://localhost:80`)
    return undefined
  }
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`)
  if (
    url !== null &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.search === '' &&
    url.hash === ''
  ) {
    return url
  }
  problems.push(`${what}: ${text.slice(0, 80)}: ${allowed}`)
  return undefined
}

function checkOrigin(text: string, problems: string[]): void {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `http://${text}`)
  if (url !== null && url.pathname === '/') return
  problems.push(
    `--origin: ${text.slice(0, 80)}: use http://host:9000, or the name of a headless Service`,
  )
}

function chooseChecks(
  given: ReadonlyMap<string, readonly string[]>,
  problems: string[],
): readonly Check[] {
  const wantedGroups = listOf(given.get('groups'))
  const wantedIds = listOf(given.get('checks'))
  const known = Object.keys(groups)
  for (const group of wantedGroups.filter((one) => !known.includes(one) && one !== 'ALL')) {
    problems.push(`--groups: ${group}: there is no such group; use ${known.join(', ')} or all`)
  }
  for (const id of wantedIds.filter((one) => !checks.some((check) => check.id === one))) {
    const near = guess(
      id,
      checks.map((check) => check.id),
    )
    problems.push(`--checks: ${id}: there is no such check; ${near}see hpdummy help verify`)
  }
  const isDefault = wantedGroups.length === 0 && wantedIds.length === 0
  return checks.filter((check) => {
    const group = groupOf(check)
    if (isDefault) return !onRequest.has(group)
    return (
      wantedGroups.includes('ALL') || wantedGroups.includes(group) || wantedIds.includes(check.id)
    )
  })
}

function listOf(texts: readonly string[] | undefined): readonly string[] {
  return (texts ?? [])
    .flatMap((text) => text.toUpperCase().split(/[\s,]+/))
    .filter((one) => one !== '')
}
