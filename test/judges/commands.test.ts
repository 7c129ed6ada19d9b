// Runs the commands of README and docs that promise an output, against one origin.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { commandsOf, documents } from '../support/documents.ts'
import { findProgram } from '../support/installed.ts'
import type { OpenPorts } from '../support/origin.ts'
import { run } from '../support/programs.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { goTool, withoutGo } from '../tools/tools.ts'

// Once each, where several documents have the same.
const commands = [
  ...new Map(documents.flatMap(commandsOf).map((one) => [one.command, one])).values(),
]

// What a document says of the default ports is asked of the origin's own. A GiB takes 5 s on two cores, and less shows
// the same.
function withPorts(command: string, ports: OpenPorts): string {
  const own: Readonly<Record<string, number | undefined>> = {
    8080: ports.http,
    8443: ports.https,
    8081: ports.wire,
    8444: ports.wireTls,
    50051: ports.grpc,
    7007: ports.tcpEcho,
    7009: ports.tcpDiscard,
    7019: ports.tcpPayload,
    9000: ports.admin,
  }
  return command.replaceAll(/\blocalhost([:/])(\d+)/g, (whole, mark: string, port: string) =>
    own[port] === undefined ? whole : `127.0.0.1${mark}${String(own[port])}`,
  )
}

// Few machines have it installed, and this tier has built it for its other tests.
const built = withoutGo() === false ? { grpcurl: goTool('grpcurl') } : {}
const functions = Object.entries(built).map(([name, path]) => `${name}() { '${path}' "$@"; }\n`)

/** Why a command cannot be run here: which of its programs is not installed. */
function missing(command: string): string | false {
  const words = command
    .replaceAll(/'[^']*'|"[^"]*"/g, '')
    .split('|')
    .map((part) => part.trim().split(' ')[0] ?? '')
  const absent = ['bash', ...words].filter(
    (name) => !Object.hasOwn(built, name) && findProgram(name) === undefined,
  )
  return absent.length > 0 && `${absent.join(', ')} is not installed`
}

const origin = useOrigin({ 'tls.selfSigned': true })

test('the documents have commands to run', () => {
  assert.ok(commands.length >= 30, `only ${commands.length} commands`)
})

for (const { file, command, output, exitCode } of commands) {
  test(`${file}: ${command}`, { skip: missing(command) }, async () => {
    const script = [...functions, withPorts(command, origin().ports)].join('')
    const words = ['-o', 'pipefail', '-c', script]
    const env = { ...process.env, no_proxy: '*' }
    const { code, stdout, stderr } = await run('bash', words, { env, withinMs: 100_000 })
    assert.equal(code, exitCode, stderr)
    assert.ok(stdout.includes(output), `${stdout.toString().slice(0, 2000)}${stderr}`)
  })
}
