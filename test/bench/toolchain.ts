// The programs a case needs beside Node: found by name, and our own peers compiled when older than
// their source.
import { execFileSync, type ExecFileSyncOptions } from 'node:child_process'
import { accessSync, constants, mkdirSync, readdirSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const peersDirectory = fileURLToPath(new URL('peers/', import.meta.url))
export const repositoryDirectory = fileURLToPath(new URL('../../', import.meta.url))
const buildDirectory = join(peersDirectory, 'build')

const howToInstall = {
  taskset: 'apt-get install util-linux',
  wrk: 'apt-get install wrk',
  nginx: 'apt-get install nginx',
  cc: 'apt-get install gcc',
  go: 'install the Go that peers/fasthttp/go.mod names, https://go.dev/dl/',
  openssl: 'apt-get install openssl',
} as const

export type Tool = keyof typeof howToInstall

/** The tool's path; a missing tool is an error that says how to install it. */
export function findTool(tool: Tool): string {
  // Debian keeps nginx in /usr/sbin, which is not on every user's path.
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  const found = directories.map((directory) => join(directory, tool)).find(isExecutable)
  if (found === undefined) throw new Error(`${tool} is missing: ${howToInstall[tool]}`)
  return found
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The compiled C peer of that name (peers/c/NAME.c). */
export function buildCPeer(name: string): string {
  const source = join(peersDirectory, 'c', `${name}.c`)
  const target = join(buildDirectory, name)
  if (isOlder(target, [source, join(peersDirectory, 'c', 'tcp.h')])) {
    compile(findTool('cc'), ['-O2', '-Wall', '-Wextra', '-o', target, source])
  }
  return target
}

/** The compiled Go peer of that name; its modules come through Go's own client the first time. */
export function buildGoPeer(name: 'fasthttp' | 'tcpserver'): string {
  const directory = join(peersDirectory, name)
  const target = join(buildDirectory, name)
  if (
    isOlder(
      target,
      readdirSync(directory).map((file) => join(directory, file)),
    )
  ) {
    compile(findTool('go'), ['build', '-trimpath', '-o', target, '.'], { cwd: directory })
  }
  return target
}

/** The paths of a certificate and its key, PEM. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/** One self-signed P-256 certificate for all servers: the kind of key decides what a handshake costs. */
export function buildCertificate(): Certificate {
  const [certificate, key] = [join(buildDirectory, 'tls.crt'), join(buildDirectory, 'tls.key')]
  if (!isThere(certificate) || !isThere(key)) {
    const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const subject = ['-days', '3650', '-subj', '/CN=127.0.0.1']
    compile(findTool('openssl'), [...words, ...subject, '-keyout', key, '-out', certificate])
  }
  return { certificate, key }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function isOlder(target: string, sources: readonly string[]): boolean {
  const built = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0
  return sources.some((source) => statSync(source).mtimeMs > built)
}

function compile(compiler: string, words: readonly string[], options?: ExecFileSyncOptions): void {
  mkdirSync(buildDirectory, { recursive: true })
  process.stderr.write(`bench: ${compiler} ${words.join(' ')}\n`)
  execFileSync(compiler, words, { stdio: ['ignore', 'inherit', 'inherit'], ...options })
}
