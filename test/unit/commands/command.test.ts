import assert from 'node:assert/strict'
import { test } from 'node:test'

import { runCommand } from '../../../app/commands/command.ts'

/** Runs the command line in a world of its own: what it printed, and the exit code. */
async function run(...argv: string[]): Promise<{ out: string; err: string; code: number }> {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await runCommand({
    argv,
    env: {},
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    version: '1.2.3',
    entry: new URL('file:///nowhere'),
    takeSignals: () => assert.fail('nothing is started'),
  })
  return { out: out.join(''), err: err.join(''), code }
}

test('the command line prints to the world it is given, and gives the exit code back', async () => {
  const exitCode = process.exitCode
  assert.deepEqual(await run('--version'), { out: 'hpdummy 1.2.3\n', err: '', code: 0 })
  assert.match((await run('--help')).out, /^hpdummy: /)
  assert.match((await run('--print-config')).out, /^http\.port: 8080 +# default$/m)
  const refused = await run('--http-port=none-such')
  assert.deepEqual([refused.code, refused.out], [2, ''])
  assert.match(refused.err, /^hpdummy: http\.port: .*none-such/)
  assert.equal(process.exitCode, exitCode)
})
