// Paths and query parameters that no endpoint knows, as the settings have them.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import { until } from '../support/wait.ts'

test('the echo answers unknown paths until echo.unknownPaths is 404, and / always', async (t) => {
  const directory = createDirectory(t)
  const origin = await startOrigin(t, { config: directory })
  const bases = [origin.url, `http://127.0.0.1:${origin.ports.wire}`]
  for (const base of bases) {
    const answer = await ask(base, '/bni/1K?any=1')
    assert.deepEqual([answer.status, jsonOf(answer)['endpoint']], [200, 'echo'])
  }
  writeFileSync(join(directory, 'app.json'), JSON.stringify({ 'echo.unknownPaths': 404 }))
  await origin.waitForLog(({ msg }) => msg === 'settings applied')
  for (const base of bases) {
    const answer = await ask(base, '/bni/1K?any=1', { method: 'POST', body: 'x' })
    assert.equal(answer.status, 404)
    assert.equal(jsonOf(answer)['code'], 'NOT_FOUND')
    assert.equal(
      jsonOf(answer)['error'],
      'no endpoint has this path (echo.unknownPaths=404); did you mean /bin? GET /help lists all',
    )
    assert.doesNotMatch(String(jsonOf(await ask(base, '/orders'))['error']), /did you mean/)
    assert.equal((await ask(base, '/?any=1')).status, 200)
    assert.equal((await ask(base, '/bin/1')).status, 200)
  }
})

test('a query parameter passes as soon as query.ignored names it, and is refused again when it does not', async (t) => {
  const directory = createDirectory(t)
  const write = (names: string): void =>
    writeFileSync(join(directory, 'app.json'), JSON.stringify({ 'query.ignored': names }))
  write('v')
  const origin = await startOrigin(t, { config: directory })
  const statusOf = async (name: string): Promise<number> =>
    (await ask(origin.url, `/bin/10?${name}=1`)).status
  // Twice, since the second is answered from what was kept of the first.
  for (let round = 0; round < 2; round++) {
    assert.deepEqual([await statusOf('v'), await statusOf('gclid')], [200, 400])
  }
  write('gclid,fbclid')
  await until('the new names pass', async () => (await statusOf('gclid')) === 200)
  assert.deepEqual([await statusOf('v'), await statusOf('fbclid')], [400, 200])
})
