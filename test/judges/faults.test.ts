// What curl, nginx and HAProxy make of each fault, as docs/faults.md has it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

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

// The formatter fills the columns of the document's table.
const plain = (row: string): string => row.replaceAll(/ +/g, ' ')

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
  // How much curl takes before a receive error (56) depends on what came in one piece with it.
  const told = code === 56 ? status : `${status}, ${bytes} bytes`
  const answer = status === '000' ? 'no answer' : told
  return code === 0 ? answer : `${answer}, curl: (${code})`
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
    assert.deepEqual(
      documented.map((row) => plain(row)),
      rows.map((row) => plain(row)),
    )
  },
)
