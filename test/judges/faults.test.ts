// What curl, nginx and HAProxy make of each fault, as docs/faults.md has it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { ask } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'
import { run } from '../support/programs.ts'
import { startHaproxy, startNginx } from '../support/reverse-proxies.ts'
import { toolPath, without } from '../support/tools.ts'

const faults = [
  'reset@headers',
  'reset@body:40',
  'truncate@40',
  'stall@40:300ms',
  'corrupt@40',
  'no-answer',
  'cl=+10',
  'cl=-10',
  'half-close',
  'slow-close=300ms',
  'garbage-after=12',
  'status-line=garbage',
  'chunk=badsize',
  '1xx=103x2',
]

// Those that the table was seen with.
const versions = {
  curl: /^curl 7\.88\./,
  nginx: /nginx\/1\.22\./,
  haproxy: /version 2\.6\./,
} as const

const cellsOf = (row: string): readonly string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

async function hasVersions(): Promise<boolean> {
  const said = await Promise.all(
    (['curl', 'nginx', 'haproxy'] as const).map(async (name) => {
      const { stdout, stderr } = await run(toolPath(name), [name === 'curl' ? '--version' : '-v'])
      return versions[name].test(`${stdout.toString()}${stderr}`)
    }),
  )
  return said.every(Boolean)
}

/** The status, the bytes of the body, and how curl ended where it was not content. */
async function seenBy(port: number, fault: string): Promise<string> {
  const url = `http://127.0.0.1:${port}/bin/100?hp-fault=${fault}`
  const words = ['-s', '-m', '10', '-o', '/dev/null', '-w', '%{http_code} %{size_download}', url]
  const { code, stdout } = await run(toolPath('curl'), words)
  const [status = '000', bytes] = stdout.toString().split(' ')
  if (status === '000') return `no answer, curl: (${code})`
  // How much has come by then depends on what came in one piece with it.
  return code === 0 ? `${status}, ${bytes} bytes` : `${status}, broken off`
}

test(
  'curl, nginx and HAProxy make of faults what the documents say',
  { skip: without('curl', 'nginx', 'haproxy') },
  async (t) => {
    const origin = await startOrigin(t)
    const origins = [origin.ports.wire]
    const [nginx, haproxy] = [await startNginx(t, { origins }), await startHaproxy(t, { origins })]
    const rows: string[] = []
    for (const fault of faults) {
      const seen: string[] = []
      for (const port of [origin.ports.wire, nginx.port, haproxy.port]) {
        seen.push(await seenBy(port, fault))
      }
      rows.push(`| \`${fault}\` | ${seen.join(' | ')} |`)
    }
    t.diagnostic(`\n${rows.join('\n')}`)
    if (!(await hasVersions())) return t.diagnostic('other versions than the table was seen with')
    const document = readFileSync('docs/faults.md', 'utf8')
    const [, table = ''] = /<!-- seen -->\n([^]*)<!-- \/seen -->/.exec(document) ?? []
    const documented = table.split('\n').slice(2, -1)
    assert.equal(documented.length, rows.length)
    for (const [index, row] of documented.entries()) {
      const cells = cellsOf(row)
      for (const [place, cell] of cellsOf(rows[index] ?? '').entries()) {
        assert.ok(cells[place]?.split(' or ').includes(cell), `${rows[index]} is not ${row}`)
      }
    }
  },
)

// The first thing people suffer from (502s from time to time): a connection that the origin closes while the proxy sends.
test(
  'a request that meets the keep-alive race is a 502 behind nginx and HAProxy, unless it may be sent again',
  { skip: without('nginx', 'haproxy') },
  async (t) => {
    const origin = await startOrigin(t)
    const origins = [origin.ports.wire]
    const proxies = {
      nginx: await startNginx(t, { origins }),
      haproxy: await startHaproxy(t, { origins }),
    }
    for (const [name, { port }] of Object.entries(proxies)) {
      const outcomes: number[] = []
      for (const method of ['GET', 'POST']) {
        await ask(port, '/bin/100?hp-fault=keep-alive-race=rst')
        outcomes.push((await ask(port, '/bin/100', { method })).status)
      }
      t.diagnostic(`${name}: GET ${outcomes[0]}, POST ${outcomes[1]}`)
      assert.equal(outcomes[1], 502, `${name} sent a POST again, or the race was not met`)
    }
  },
)
