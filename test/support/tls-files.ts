import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type ConnectionOptions, type TLSSocket, connect } from 'node:tls'

import { generate } from 'selfsigned'

import type { OpenPorts, TestOrigin } from './origin.ts'
import { createDirectory } from './programs.ts'
import { until, within } from './wait.ts'

/** A certificate and its key, PEM. */
export interface Pair {
  readonly cert: string
  readonly key: string
}

/** Makes a P-256 certificate for `name`, signed by `ca`, or by itself and good for signing. */
export async function issue(name: string, ca?: Pair): Promise<Pair> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: ca === undefined, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
    ...(ca && { ca }),
  })
  return { cert, key }
}

/** Writes a pair in place, as tools other than the kubelet do. */
export function writePair(directory: string, { cert, key }: Pair): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'tls.crt'), cert)
  writeFileSync(join(directory, 'tls.key'), key)
}

let generation = 0

/** The kubelet's swap of a mounted Secret: new files in a new directory, and one rename that all names follow. */
export function mountPair(directory: string, pair: Pair): void {
  const name = `..2026_${generation++}`
  writePair(join(directory, name), pair)
  symlinkSync(name, join(directory, '..data_tmp'))
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
  for (const file of ['tls.crt', 'tls.key']) {
    rmSync(join(directory, file), { force: true })
    symlinkSync(join('..data', file), join(directory, file))
  }
}

/** The settings that serve the pair in this directory. */
export function settingsFor(directory: string): Readonly<Record<string, string>> {
  return {
    'tls.certFile': join(directory, 'tls.crt'),
    'tls.keyFile': join(directory, 'tls.key'),
  }
}

/** A port of the origin by its listener's name. */
export function portOf({ ports }: TestOrigin, listener: keyof OpenPorts): number {
  const port = ports[listener]
  if (port === undefined) throw new Error(`the origin has no ${listener} port`)
  return port
}

/** A connection with its handshake done; rejects with what the handshake ended with. */
export function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const done = new Promise<TLSSocket>((resolve, reject) => {
    const socket = connect(
      {
        port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
        ...options,
      },
      () => resolve(socket),
    )
    socket.on('error', reject)
  })
  return within(`a handshake with port ${port}`, done)
}

/** Whose certificate a new connection is shown, by its common name. */
export async function shownName(port: number, options: ConnectionOptions = {}): Promise<string> {
  const socket = await handshake(port, options)
  const name = socket.getPeerCertificate().subject.CN
  socket.destroy()
  return name
}

/** The first bytes that answer a request for /health, or how the connection ended instead. */
export async function firstAnswer(port: number, options: ConnectionOptions = {}): Promise<string> {
  try {
    const socket = await handshake(port, options)
    const answered = new Promise<string>((resolve) => {
      socket.once('data', (bytes) => resolve(bytes.toString('latin1')))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      socket.once('close', () => resolve('closed'))
    })
    socket.write('GET /health HTTP/1.1\r\nHost: origin\r\n\r\n')
    const answer = await within('an answer', answered)
    socket.destroy()
    return answer
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

// One connection may be taken by any worker; with 16 and 2 workers, one in 30,000 runs misses one.
const looks = 16

/** Whether a log line tells of the renewal of the certificate for `name`. */
export const renewed = (name: string): ((line: { readonly msg?: string }) => boolean) => {
  return (line) =>
    line.msg === 'certificates renewed' && JSON.stringify(line).includes(`CN=${name}`)
}

/** Resolves when every new connection, to whichever worker, is shown the certificate for `name`. */
export async function allShown(port: number, name: string, servername = ''): Promise<void> {
  await until(`the certificate of ${name} on port ${port}`, async () => {
    const shown = Array.from({ length: looks }, () => shownName(port, { servername }))
    return (await Promise.all(shown)).every((one) => one === name)
  })
}

/** A directory with a certificate for `name` as the kubelet mounts it; gone with the test. */
export async function mounted(t: TestContext, name: string): Promise<string> {
  const directory = createDirectory(t)
  mountPair(directory, await issue(name))
  return directory
}
