// Other people's clients say whether this is gRPC: the interop client of grpc-go and grpcurl.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { grpcRows } from '../../app/endpoints/table.ts'
import { startOrigin } from '../support/origin.ts'
import { createDirectory, run } from '../support/programs.ts'
import { issue, portOf, settingsFor, writePair } from '../support/tls-files.ts'
import { goTool, withoutGo } from '../tools/tools.ts'

/** The standard cases of grpc/doc/interop-test-descriptions.md that need no credentials. */
const cases = [
  'empty_unary',
  'large_unary',
  'client_streaming',
  'server_streaming',
  'ping_pong',
  'empty_stream',
  'custom_metadata',
  'status_code_and_message',
  'special_status_message',
  'unimplemented_method',
  'unimplemented_service',
  'cancel_after_begin',
  'cancel_after_first_response',
  'timeout_on_sleeping_server',
] as const

/** What the client is told to connect to. */
async function interopTargets(
  t: TestContext,
): Promise<Readonly<Record<'clear' | 'tls', readonly string[]>>> {
  const directory = createDirectory(t)
  writePair(directory, await issue('localhost'))
  const origin = await startOrigin(t, { ...settingsFor(directory), workers: 2 })
  const host = ['-server_host', '127.0.0.1']
  const authority = join(directory, 'tls.crt')
  const trust = [
    '-use_tls',
    '-use_test_ca',
    '-ca_file',
    authority,
    '-server_host_override',
    'localhost',
  ]
  return {
    clear: [...host, '-server_port', String(portOf(origin, 'grpc'))],
    tls: [...host, '-server_port', String(portOf(origin, 'grpcTls')), ...trust],
  }
}

suite('the interop client', { skip: withoutGo('grpc-interop-client') }, () => {
  test('passes its cases, in clear and over TLS', async (t) => {
    const targets = await interopTargets(t)
    const program = goTool('grpc-interop-client')
    for (const [way, words] of Object.entries(targets)) {
      for (const name of cases) {
        await t.test(`${name} (${way})`, async () => {
          const { code, stderr } = await run(program, [...words, '-test_case', name])
          assert.equal(code, 0, stderr)
        })
      }
    }
  })

  test('fails where the origin does', async (t) => {
    const origin = await startOrigin(t, { 'grpc.status': 'ABORTED' })
    const words = ['-server_host', '127.0.0.1', '-server_port', String(portOf(origin, 'grpc'))]
    const program = goTool('grpc-interop-client')
    const { code, stderr } = await run(program, [...words, '-test_case', 'empty_unary'])
    assert.notEqual(code, 0)
    assert.match(stderr, /code = Aborted desc = injected ABORTED/)
  })
})

/** Requests that make every unary method answer with a message. */
const messages: Readonly<Record<string, string>> = {
  'grpc.health.v1.Health/Check': '{"service":"echo.EchoService"}',
  'hpdummy.v1.Origin/Unary': '{"response":{"size":5},"manner":{"delay_ms":1}}',
  'echo.EchoService/Echo': '{"message":"hello"}',
}

suite('grpcurl', { skip: withoutGo('grpcurl') }, () => {
  test('lists, describes and calls everything by reflection', async (t) => {
    const origin = await startOrigin(t, { workers: 2 })
    const target = `127.0.0.1:${portOf(origin, 'grpc')}`
    const ask = async (words: readonly string[], verb: readonly string[]): Promise<string> => {
      const program = goTool('grpcurl')
      const { code, stdout, stderr } = await run(program, ['-plaintext', ...words, target, ...verb])
      assert.equal(code, 0, `${verb.join(' ')}: ${stderr}`)
      return stdout.toString()
    }

    const services = new Set(grpcRows.map(({ path }) => path.slice(1, path.lastIndexOf('/'))))
    const listed = (await ask([], ['list'])).trim().split('\n')
    assert.deepEqual(listed.toSorted(), [...services].toSorted())
    for (const service of services) {
      await t.test(`describes ${service} and all its messages`, async () => {
        const text = await ask([], ['describe', service])
        const types = [...text.matchAll(/\( (?:stream )?\.(\S+) \)/g)].map(([, type = '']) => type)
        assert.ok(types.length >= 2, text)
        for (const type of new Set(types)) {
          assert.match(await ask([], ['describe', type]), /is a message/)
        }
      })
    }

    for (const { path, kind } of grpcRows) {
      const method = path.slice(1)
      const isUnary = kind === 'unary' || /Health\/(?:Check|List)$/.test(method)
      if (!isUnary || method.endsWith('/UnimplementedCall')) continue
      await t.test(`calls ${method}`, async () => {
        const answer = await ask(['-d', messages[method] ?? '{}'], [method])
        assert.equal(typeof JSON.parse(answer), 'object')
      })
    }
  })

  test('shows maps and optional fields as the .proto files have them', async (t) => {
    const origin = await startOrigin(t)
    const target = `127.0.0.1:${portOf(origin, 'grpc')}`
    const describe = async (type: string): Promise<string> => {
      const words = ['-plaintext', target, 'describe', type]
      return (await run(goTool('grpcurl'), words)).stdout.toString()
    }
    assert.match(await describe('hpdummy.v1.Manner'), /map<string, string> headers = 3;/)
    assert.match(await describe('hpdummy.v1.BidiRequest'), /optional uint64 count = 4;/)
    assert.match(await describe('echo.EchoResponse'), /map<string, string> metadata = 5;/)
  })
})
