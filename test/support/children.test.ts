import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { suite, test } from 'node:test'

import { until, within } from './wait.ts'

// A test file whose program goes on for a minute; says the program's id.
const script = `
import { spawn } from 'node:child_process'
import { endWithUs } from ${JSON.stringify(import.meta.resolve('./children.ts'))}
const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' })
endWithUs(child).once('spawn', () => console.log(child.pid))
setTimeout(() => {}, 60_000)
`

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

suite('a program that a test started', () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    test(`ends with the test's process by ${signal}`, async (t) => {
      const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      t.after(() => parent.kill('SIGKILL'))
      const exited = once(parent, 'exit')
      const [line] = (await within('its id', once(parent.stdout, 'data'))) as [Buffer]
      const pid = Number(line.toString())
      t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'))
      assert.equal(isAlive(pid), true)
      parent.kill(signal)
      assert.deepEqual(await within('its end', exited), [null, signal])
      await until('the program is gone', () => !isAlive(pid))
    })
  }
})
