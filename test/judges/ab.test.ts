// ab speaks HTTP/1.0, and asks for keep-alive the way HTTP/1.0 does.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { createDirectory, run } from '../support/programs.ts'
import { portOf } from '../support/tls-files.ts'
import { toolPath, without } from '../support/tools.ts'

const requests = 1000

/** What ab counted, by the names in its report. */
async function ab(url: string, ...words: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const usual = ['-q', '-n', String(requests), '-c', '10']
  const { code, stdout, stderr } = await run(toolPath('ab'), [...usual, ...words, url])
  assert.equal(code, 0, stderr)
  const lines = stdout.toString().matchAll(/^([A-Z][\w -]+):\s+(\d+)/gm)
  return new Map([...lines].map(([, name = '', value]) => [name, Number(value)]))
}

suite('ab', { skip: without('ab') }, () => {
  test('gets every answer over HTTP/1.0, and keeps connections when it asks to', async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true })
    const post = join(createDirectory(t), 'post')
    writeFileSync(post, 'x'.repeat(10_000))
    const clear = `http://127.0.0.1:${origin.ports.wire}`
    const tls = `https://127.0.0.1:${portOf(origin, 'wireTls')}`
    const cases = [
      { url: `${clear}/bin/1K`, words: [], kept: undefined, bytes: 1024 },
      { url: `${clear}/bin/1K`, words: ['-k'], kept: requests, bytes: 1024 },
      // Its end is the end of the connection: HTTP/1.0 has no chunks.
      { url: `${clear}/bin/1K?chunked=true`, words: ['-k'], kept: 0, bytes: 1024 },
      { url: `${clear}/upload`, words: ['-k', '-p', post], kept: requests, bytes: undefined },
      { url: `${clear}/bin/1K`, words: ['-k', '-i'], kept: requests, bytes: 0 },
      { url: `${tls}/bin/1K`, words: ['-k'], kept: requests, bytes: 1024 },
    ] as const
    for (const { url, words, kept, bytes } of cases) {
      await t.test(`${words.join(' ')} ${new URL(url).pathname}`, async () => {
        // Documents of another length are no failures where the length is not the point.
        const counted = await ab(url, '-l', ...words)
        assert.deepEqual(
          [
            counted.get('Complete requests'),
            counted.get('Failed requests'),
            counted.get('Non-2xx responses'),
            counted.get('Keep-Alive requests'),
          ],
          [requests, 0, undefined, kept],
        )
        if (bytes !== undefined) assert.equal(counted.get('HTML transferred'), requests * bytes)
      })
    }
  })

  test('ends a connection after keepAlive.requests', async (t) => {
    const origin = await startOrigin(t, { 'keepAlive.requests': 10 })
    const counted = await ab(`http://127.0.0.1:${origin.ports.wire}/bin/1K`, '-k')
    assert.equal(counted.get('Failed requests'), 0)
    // Each tenth answer says that it is the last; the ten connections of the end may not have come so far.
    const last = requests - (counted.get('Keep-Alive requests') ?? 0)
    assert.ok(last >= requests / 10 - 10 && last <= requests / 10, String(last))
  })
})
