import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

import { atEnd } from '../support/at-end.ts'
import { endWithUs } from '../support/children.ts'
import { run } from '../support/programs.ts'
import { until, within } from '../support/wait.ts'

test('three origins side by side, a page that shows them at once, and an end for all', async (t) => {
  const child = endWithUs(
    spawn(process.execPath, ['bin/compare.js', '--any-ports'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  const exited = once(child, 'exit')
  // Killed, it could not end its three.
  atEnd(t, async () => {
    child.kill('SIGTERM')
    await exited
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const link = await until(
    'the link to the page',
    () => lines.find((line) => line.startsWith('all three')),
    { ms: 60_000 },
  )
  const page = new URL(/http:\S+/.exec(link ?? '')?.[0] ?? '')
  assert.equal((await fetch(page)).status, 200)
  const targets = page.searchParams.get('targets')?.split(',') ?? []
  assert.equal(new Set(targets).size, 3)
  const urls = lines.flatMap((line) => {
    const [, name = '', url = ''] = /^(direct|wire|pooled) +(http:\S+)/.exec(line) ?? []
    return name === '' ? [] : [[name, url] as const]
  })
  const answers = await Promise.all(
    urls.map(async ([name, url]) => [name, (await (await fetch(url)).json()) as object] as const),
  )
  const { direct, wire, pooled } = Object.fromEntries(answers)
  assert.ok(direct !== undefined && 'listener' in direct && direct.listener === 'fast')
  assert.ok(wire !== undefined && 'listener' in wire && wire.listener === 'wire')
  assert.ok(pooled !== undefined && 'processed' in pooled && pooled.processed === true)
  // Each has its own numbers.
  const asked = [1, 2, 3]
  for (const [index, [, url]] of urls.entries())
    for (let again = 0; again < index; again++) await (await fetch(url)).arrayBuffer()
  await until('the numbers of all three', () => Promise.all(targets.map(completed)), {
    holds: (counts) => counts.every((count, index) => count === asked[index]),
  })
  child.kill('SIGTERM')
  const [code] = (await within('the end', exited)) as [number]
  assert.equal(code, 0)
  // A port that nobody listens on any more.
  await Promise.all(targets.map((target) => assert.rejects(fetch(`${target}/livez`))))
})

test('what is wrong with all three is said once', async () => {
  const { code, stdout, stderr } = await run(process.execPath, ['bin/compare.js', '--wokers=2'])
  assert.deepEqual([code, stdout.toString()], [2, ''])
  assert.match(
    stderr,
    /^hpdummy: --wokers=2: there is no such flag; did you mean --workers\?[^\n]*\n$/,
  )
})

async function completed(target: string): Promise<unknown> {
  const page = (await (await fetch(`${target}/api/v1/stats`)).json()) as Record<string, unknown>
  return page['completed_requests']
}
