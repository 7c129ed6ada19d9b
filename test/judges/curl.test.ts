// curl against the wire listener, in every version of HTTP it has.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { alphabetBytes, sha256 } from '../support/payloads.ts'
import { type Ended, createDirectory, run } from '../support/programs.ts'
import { portOf } from '../support/tls-files.ts'
import { toolPath, without } from '../support/tools.ts'

/** Without its progress, and through no proxy of ours. */
function curl(...words: readonly string[]): Promise<Ended> {
  return run(toolPath('curl'), [
    '--silent',
    '--show-error',
    '--insecure',
    '--noproxy',
    '*',
    ...words,
  ])
}

/** The words that make curl speak it, and what it is in the echo and in curl's own report. */
const versions: readonly {
  readonly words: readonly string[]
  readonly isTls?: boolean
  readonly echoed: string
  readonly reported: string
}[] = [
  { words: ['--http1.0'], echoed: '1.0', reported: '1.1' },
  { words: ['--http1.1'], echoed: '1.1', reported: '1.1' },
  // An Upgrade to h2c, which the origin passes over (RFC 9110 7.8).
  { words: ['--http2'], echoed: '1.1', reported: '1.1' },
  { words: ['--http2-prior-knowledge'], echoed: '2.0', reported: '2' },
  { words: ['--http1.0'], isTls: true, echoed: '1.0', reported: '1.1' },
  { words: ['--http1.1'], isTls: true, echoed: '1.1', reported: '1.1' },
  { words: ['--http2'], isTls: true, echoed: '2.0', reported: '2' },
  { words: ['--http2', '--tls-max', '1.2'], isTls: true, echoed: '2.0', reported: '2' },
  { words: ['--http2', '--no-alpn'], isTls: true, echoed: '1.1', reported: '1.1' },
]

function urlOf(origin: TestOrigin, isTls = false): string {
  return isTls
    ? `https://127.0.0.1:${portOf(origin, 'wireTls')}`
    : `http://127.0.0.1:${origin.ports.wire}`
}

suite('curl on the wire listener', { skip: without('curl') }, () => {
  test('speaks every version it has', async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true })
    const upload = join(createDirectory(t), 'upload')
    writeFileSync(upload, alphabetBytes(0, 20_000_000))
    for (const { words, isTls = false, echoed, reported } of versions) {
      const name = `${words.join(' ')}${isTls ? ' over TLS' : ''}`
      const way = { url: urlOf(origin, isTls), words, echoed, reported, upload }
      await t.test(name, (each) => speaks(each, way))
    }
  })

  test('reuses connections, HTTP/1.0 where it asks to', async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true })
    const opened = async (version: string, ...words: readonly string[]): Promise<string> => {
      // curl 7.88 breaks a connection of prior knowledge that it uses twice (16, also with nghttpd).
      const url = `${urlOf(origin, version === '--http2')}/bin/1K`
      const five = Array.from({ length: 5 }, () => ['--output', '/dev/null', url])
      const { code, stdout } = await curl(
        version,
        ...words,
        ...five.flat(),
        '--write-out',
        '%{num_connects}',
      )
      assert.equal(code, 0)
      return stdout.toString()
    }
    assert.equal(await opened('--http1.0'), '11111')
    assert.equal(await opened('--http1.0', '--header', 'Connection: keep-alive'), '10000')
    assert.equal(await opened('--http1.1'), '10000')
    assert.equal(await opened('--http2'), '10000')
  })

  test('has 100 streams of one connection under way at once', async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true })
    const target = `${urlOf(origin, true)}/delay/300?_=[1-100]`
    const words = ['--http2', '--parallel', '--parallel-max', '100']
    const report = ['--write-out', '%{http_code} %{num_connects}\\n', '--output', '/dev/null']
    const startedAt = performance.now()
    const { code, stdout } = await curl(...words, '--no-progress-meter', ...report, target)
    assert.equal(code, 0)
    const lines = stdout.toString().trim().split('\n')
    assert.deepEqual(
      [lines.length, new Set(lines.map((line) => line.slice(0, 3)))],
      [100, new Set(['200'])],
    )
    const opened = lines.reduce((sum, line) => sum + Number(line.slice(4)), 0)
    assert.equal(opened, 1)
    // One after the other is 30 s.
    assert.ok(performance.now() - startedAt < 15_000)
  })

  test('takes the longest of answers whole: 1 GiB, and 1,000 chunks of 1 MiB', async (t) => {
    const origin = await startOrigin(t)
    for (const [path, bytes] of [
      ['/bin/1G', 2 ** 30],
      ['/chunked/1000?size=1M', 1000 * 2 ** 20],
    ] as const) {
      for (const url of [origin.url, urlOf(origin)]) {
        const words = ['--output', '/dev/null', '--write-out', '%{size_download}']
        // Four at once, because a slow reader is what large chunks were broken by.
        const four = Array.from({ length: 4 }, () => curl(...words, `${url}${path}`))
        for (const { code, stdout, stderr } of await Promise.all(four)) {
          assert.deepEqual([code, stdout.toString()], [0, String(bytes)], stderr)
        }
      }
    }
  })

  test('sends its own PROXY header', async (t) => {
    const origin = await startOrigin(t, { 'wire.proxyProtocol': 'required' })
    const url = `${urlOf(origin)}/`
    for (const words of [['--http1.0'], ['--http1.1'], ['--http2-prior-knowledge']]) {
      const { stdout } = await curl(...words, '--haproxy-protocol', url)
      const shown = jsonOf(stdout)['proxy_protocol'] as Readonly<Record<string, unknown>>
      assert.deepEqual(
        [shown['version'], shown['family'], shown['destination']],
        [1, 'tcp4', `127.0.0.1:${origin.ports.wire}`],
      )
    }
    // 52: nothing came back; 56: or a reset.
    const { code } = await curl(url)
    assert.ok(code === 52 || code === 56, String(code))
  })

  test('reads what it asked to be sent in a transfer coding it knows', async (t) => {
    const origin = await startOrigin(t)
    const { code, stdout, stderr } = await curl('--tr-encoding', '-v', `${urlOf(origin)}/bin/100K`)
    assert.equal(code, 0)
    assert.match(stderr, /> TE: gzip/i)
    assert.ok(stdout.equals(alphabetBytes(0, 100 * 1024)))
  })

  test('sends targets in every form', async (t) => {
    const origin = await startOrigin(t)
    const url = urlOf(origin)
    assert.equal(await pathOf('--request-target', 'http://other.example/a/b', url), '/a/b')
    assert.equal(await pathOf('--request', 'OPTIONS', '--request-target', '*', url), '*')
    assert.equal(await pathOf('--path-as-is', `${url}/a/../b`), '/a/../b')
  })

  test('Expect: 100-continue is what /continue makes of it', async (t) => {
    const origin = await startOrigin(t)
    for (const version of ['--http1.1', '--http2-prior-knowledge']) {
      await t.test(version, () => expects(`${urlOf(origin)}/continue`, version))
    }
  })
})

async function pathOf(...words: readonly string[]): Promise<unknown> {
  return jsonOf((await curl(...words)).stdout)['path']
}

interface Way {
  readonly url: string
  readonly words: readonly string[]
  readonly echoed: string
  readonly reported: string
  /** A file of 20,000,000 bytes of the pattern. */
  readonly upload: string
}

async function speaks(
  t: TestContext,
  { url, words, echoed, reported, upload }: Way,
): Promise<void> {
  const ask = (...more: readonly string[]): Promise<Ended> => curl(...words, ...more)
  const isOld = echoed === '1.0'

  const got = jsonOf((await ask('--header', 'X-Own: kept', `${url}/a%20b?c=d`)).stdout)
  assert.deepEqual(
    [got['method'], got['path'], got['query'], got['http_version']],
    ['GET', '/a%20b', 'c=d', echoed],
  )
  assert.equal((got['headers'] as Readonly<Record<string, unknown>>)['x-own'], 'kept')
  const summary = ['--output', '/dev/null', '--write-out', '%{http_version} %{http_code}']
  assert.equal((await ask(...summary, url)).stdout.toString(), `${reported} 200`)

  assert.equal(jsonOf((await ask('--data', 'k=v', url)).stdout)['body'], 'k=v')
  // curl has no chunks for HTTP/1.0.
  if (!isOld) {
    const chunked = await ask('--header', 'Transfer-Encoding: chunked', '--data', 'k=v', url)
    assert.equal(jsonOf(chunked.stdout)['body'], 'k=v')
  }

  const head = await ask('--head', `${url}/bin/10M`)
  assert.match(head.stdout.toString(), /^HTTP\/\d\S* 200 [^]*\r\ncontent-length: 10485760\r\n/i)
  for (const status of ['204', '304', '404', '503']) {
    const { stdout } = await ask(...summary, `${url}/status/${status}`)
    assert.equal(stdout.toString(), `${reported} ${status}`)
  }

  for (const target of ['/bin/20M', '/bin/20M?chunked=true']) {
    const { code, stdout } = await ask(`${url}${target}`)
    assert.deepEqual([code, sha256(stdout)], [0, sha256(alphabetBytes(0, 20 * 2 ** 20))], target)
  }
  const sent = await ask('--upload-file', upload, `${url}/upload?digest=true&seed=0`)
  const { bytes_received: received, sha256: digest, first_bad_offset: bad } = jsonOf(sent.stdout)
  assert.deepEqual([received, bad, digest], [20_000_000, -1, sha256(alphabetBytes(0, 20_000_000))])

  await showsRarer(t, { ask, url, isOld })
}

interface Rarer {
  readonly ask: (...words: readonly string[]) => Promise<Ended>
  readonly url: string
  readonly isOld: boolean
}

// HTTP/1.0 has neither 1xx nor trailers.
async function showsRarer(t: TestContext, { ask, url, isOld }: Rarer): Promise<void> {
  await t.test('103', async () => {
    const { code, stdout } = await ask('--include', `${url}/early-hints?count=3`)
    assert.equal(code, 0)
    const hints = stdout.toString().match(/^HTTP\/\d\S* 103 /gm) ?? []
    assert.equal(hints.length, isOld ? 0 : 3)
  })
  await t.test('trailers', async () => {
    const { code, stdout } = await ask('--include', `${url}/trailers?X-Sum=abc`)
    assert.equal(code, 0)
    assert.match(stdout.toString(), /\r\n\r\nThe trailers follow this line\.\n/)
    assert.equal(/^x-sum: abc\r$/im.test(stdout.toString()), !isOld)
  })
}

async function expects(url: string, version: string): Promise<void> {
  const post = async (mode: string, ...more: readonly string[]): Promise<Ended> => {
    const expecting = ['--verbose', '--header', 'Expect: 100-continue', '--data', 'hello', ...more]
    const ended = await curl(version, ...expecting, `${url}?mode=${mode}`)
    assert.equal(ended.code, 0, ended.stderr)
    return ended
  }
  const heard = /^< HTTP\/\S+ 100/m
  for (const mode of ['send', 'delay&delay=200ms']) {
    const { stdout, stderr } = await post(mode)
    assert.match(stderr, heard)
    assert.equal(jsonOf(stdout)['bytes_received'], 5)
  }
  const withheld = await post('withhold', '--expect100-timeout', '0.2')
  assert.doesNotMatch(withheld.stderr, heard)
  assert.equal(jsonOf(withheld.stdout)['bytes_received'], 5)
  // What comes instead of the 100 is the answer, and the body stays where it is.
  const early = await post('early')
  assert.doesNotMatch(early.stderr, heard)
  assert.equal(jsonOf(early.stdout)['bytes_received'], 0)
  // Over h2 curl asks again without Expect, which its 7.88 cannot (16).
  if (version !== '--http1.1') return
  const { stdout, stderr } = await post('refuse')
  assert.match(stderr, /^< HTTP\/1\.1 417/m)
  assert.equal(jsonOf(stdout)['bytes_received'], 0)
}
