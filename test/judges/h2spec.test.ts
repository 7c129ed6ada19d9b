// h2spec asks for the sentences of the HTTP/2 standard one by one. What fails is listed with the reason,
// and a reason that has gone fails as well, so that the list stays true.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { type OpenPorts, startOrigin } from '../support/origin.ts'
import { createDirectory, run } from '../support/programs.ts'
import { portOf } from '../support/tls-files.ts'
import { goTool, withoutGo } from '../tools/tools.ts'

interface Exclusion {
  readonly case: string
  readonly because: string
  /** It passes when the client is the faster one. */
  readonly isRace?: true
}

const forgets =
  'Node has nghttp2 keep nothing of streams that have ended (no_closed_streams, so that a connection costs no memory for them), and frames for a stream nobody knows are ignored'

const ofNghttp2: readonly Exclusion[] = [
  { case: 'http2/5.1 closed: Sends a DATA frame after sending RST_STREAM frame', because: forgets },
  {
    case: 'http2/5.1 closed: Sends a HEADERS frame after sending RST_STREAM frame',
    because: forgets,
  },
  { case: 'http2/5.1 closed: Sends a DATA frame', because: forgets },
  { case: 'http2/5.1 closed: Sends a HEADERS frame', because: forgets },
  {
    case: 'http2/5.1.1 Sends stream identifier that is numerically smaller than previous',
    because:
      'a smaller number may be that of a stream that has ended, which nghttp2 no longer knows: it ignores the header block',
  },
  {
    case: 'http2/6.7 Sends a PING frame with ACK',
    because:
      'Node takes an ACK to a PING it never sent for a connection error, which RFC 9113 allows at any time (5.4.1); h2spec waits for an answer to a second PING',
    isRace: true,
  },
]

const ignoresPriority = 'nghttp2 1.69 passes over PRIORITY frames, which RFC 9113 gave up (5.3.2)'

const ofNode: readonly (Exclusion & { readonly since: string })[] = [
  {
    case: 'http2/5.3.1 Sends PRIORITY frame that depend on itself',
    since: '22.23.0',
    because: ignoresPriority,
  },
  {
    case: 'http2/6.3 Sends a PRIORITY frame with 0x0 stream identifier',
    since: '22.23.0',
    because: ignoresPriority,
  },
  {
    case: 'http2/6.9.1 Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream',
    since: '22.22.2',
    because:
      'Node ends the whole connection over a window past its limit on one stream; RFC 9113 5.4.1 lets it',
  },
]

/**
 * Three cases end a request and send one frame more. They pass while the stream is still open; once the answer has
 * gone out, nghttp2 ignores the frame (see `forgets`). So the answer comes late enough that it cannot win.
 */
const path = '/delay/0.3'

/**
 * What each port is excused from besides. The gRPC port is left to gRPC's own judges: it answers what is no
 * call with a head alone, where h2spec waits for data (8 cases), and the rest is the same nghttp2.
 */
const targets: readonly {
  readonly listener: keyof OpenPorts
  readonly words: readonly string[]
  readonly besides: readonly Exclusion[]
}[] = [
  {
    listener: 'wire',
    words: [],
    besides: [
      {
        case: 'http2/3.5 Sends invalid connection preface',
        because:
          'what is no preface is HTTP/1 on a port that speaks both, and bytes that are no request there are answered 400 before the connection ends',
      },
    ],
  },
  { listener: 'wireTls', words: ['--tls', '--insecure'], besides: [] },
]

// Every case that fails by silence costs as much.
const timeoutSeconds = 2

suite('h2spec', { skip: withoutGo('h2spec'), concurrency: 3 }, () => {
  for (const { listener, words, besides } of targets) {
    test(`judges ${listener}`, async (t) => {
      const origin = await startOrigin(t, { 'tls.selfSigned': true })
      const report = join(createDirectory(t), 'report.xml')
      const program = goTool('h2spec')
      const where = ['--host', '127.0.0.1', '--port', String(portOf(origin, listener))]
      const how = ['--strict', '--timeout', String(timeoutSeconds), '--path', path]
      const { stderr } = await run(
        program,
        [...where, ...how, ...words, '--junit-report', report],
        { withinMs: 110_000 },
      )
      const cases = readReport(await readFile(report, 'latin1'))
      // The cases of version 2.2.1; fewer would be a report cut short.
      assert.ok(cases.length >= 146, `${cases.length} cases: ${stderr}`)
      const failed = cases.filter(({ reason }) => reason !== '')
      const excluded: readonly Exclusion[] = [...ofNghttp2, ...ofNode.filter(isInForce), ...besides]
      const expected = excluded.map((exclusion) => exclusion.case)
      t.diagnostic(
        `${listener}: ${cases.length - failed.length} of ${cases.length} cases pass, ${expected.length} are excluded`,
      )
      const surprises = failed.filter(({ name }) => !expected.includes(name))
      assert.deepEqual(surprises, [])
      const names = new Set(failed.map(({ name }) => name))
      const lasting = excluded.filter(({ isRace }) => isRace !== true)
      const gone = lasting.map((one) => one.case).filter((name) => !names.has(name))
      assert.deepEqual(gone, [], 'these pass now; take them off the list')
    })
  }
})

function isInForce({ since }: { readonly since: string }): boolean {
  const [mine = [], theirs = []] = [process.versions.node, since].map((version) =>
    version.split('.').map(Number),
  )
  const place = mine.findIndex((part, index) => part !== theirs[index])
  return place === -1 || (mine[place] ?? 0) > (theirs[place] ?? 0)
}

/** The cases of a JUnit report; one that passed has no reason. */
function readReport(xml: string): readonly { readonly name: string; readonly reason: string }[] {
  const found = xml.matchAll(
    /<testcase package="([^"]*)" classname="([^"]*)"[^>]*>([^]*?)<\/testcase>/g,
  )
  return [...found].map(([, section = '', title = '', inside = '']) => ({
    name: `${section} ${title}`,
    reason: inside.replaceAll(/\s+/g, ' ').trim(),
  }))
}
