import { findProgram } from './installed.ts'

/** Programs of other people that judge the origin, and the Debian package each comes in. */
const packages = {
  curl: 'curl',
  wrk: 'wrk',
  nginx: 'nginx-light',
  haproxy: 'haproxy',
  varnishd: 'varnish',
  squid: 'squid',
  ab: 'apache2-utils',
  h2load: 'nghttp2-client',
  nghttp: 'nghttp2-client',
  openssl: 'openssl',
  script: 'bsdutils',
  promtool: 'prometheus',
  bash: 'bash',
  zsh: 'zsh',
  fish: 'fish',
} as const

export type Tool = keyof typeof packages

/** The program's path; only for tests that were not skipped by `without`. */
export function toolPath(tool: Tool): string {
  const path = findProgram(tool)
  if (path === undefined) throw new Error(reasonToSkip(tool))
  return path
}

/** For a test's `skip`: false when all tools are there, else which is not and where to get it. */
export function without(...tools: readonly Tool[]): string | false {
  const missing = tools.filter((tool) => findProgram(tool) === undefined)
  return missing.length === 0 ? false : missing.map(reasonToSkip).join('; ')
}

function reasonToSkip(tool: Tool): string {
  return `${tool} is not installed (Debian package ${packages[tool]})`
}
