// A port that cannot be opened says why, whichever listener it is; one that others have open, too, gets a warning.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { occupyPort } from '../support/ports.ts'
import { runHpdummy } from '../support/programs.ts'

const anyPort = ['http', 'wire', 'grpc', 'admin'].map((name) => `--${name}-port=0`)
const closed = ['tcp-echo', 'tcp-discard', 'tcp-payload', 'udp-echo'].map(
  (name) => `--${name}-port=none`,
)
const flags = ['--workers=1', '--admin-host=127.0.0.1', ...anyPort, ...closed]

/** What a start says that fails. */
async function failedStart(...more: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHpdummy([...flags, ...more])
  assert.equal(code, 1)
  return `${stdout.toString()}${stderr}`
}

suite('a port that cannot be opened', { concurrency: 2 }, () => {
  for (const name of ['http', 'wire', 'grpc', 'tcp-echo', 'admin']) {
    test(`${name}: in use`, async (t) => {
      const { port, release } = await occupyPort()
      t.after(release)
      const said = await failedStart('--http-host=127.0.0.1', `--${name}-port=${port}`)
      assert.match(said, new RegExp(`port ${port}: it is in use by another process; choose`))
    })
  }

  // Any free port is looked for first, and would be refused first.
  const alone = ['--wire-port=none', '--grpc-port=none']
  for (const [what, port] of [
    ['a port of its own', 18_080],
    ['any free port', 0],
  ] as const) {
    test(`${what}: no such address`, async () => {
      // RFC 5737: nobody has it.
      const said = await failedStart('--http-host=192.0.2.1', `--http-port=${port}`, ...alone)
      assert.match(said, /http: .*no such address: this machine does not have 192\.0\.2\.1/)
    })

    test(`${what}: no such host`, async () => {
      // RFC 2606: nobody has it.
      const said = await failedStart('--http-host=nobody.invalid', `--http-port=${port}`, ...alone)
      assert.match(said, /http: .*no such host: no address is known for nobody\.invalid/)
    })
  }
})

test('a second origin on the same port reports the first one', async (t) => {
  const first = await startOrigin(t)
  const { http, wire } = first.ports
  const second = await startOrigin(t, {
    'http.port': http,
    'wire.port': wire,
    'udp.echoPort': first.ports.udpEcho,
  })
  const warned = (log: typeof first.log): readonly unknown[] =>
    log
      .filter(({ msg = '' }) => msg.startsWith('another process has this port'))
      .map((line) => line['port'])
  await second.waitForLog(({ port }) => port === first.ports.udpEcho)
  assert.deepEqual(warned(second.log), [http, wire, first.ports.udpEcho])
  assert.deepEqual(warned(first.log), [])
})
