import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { flagName } from '../../app/config/settings.ts'
import { anyPorts } from '../support/any-ports.ts'
import { type Answer, ask, jsonOf } from '../support/ask.ts'
import { startOriginIn } from '../support/grouped-origin.ts'
import { Group, missing } from '../support/groups.ts'
import { createDirectory, run } from '../support/programs.ts'
import { adminStatus, scrape } from '../support/scrape.ts'
import { until, within } from '../support/wait.ts'

const says =
  /no thread is left \(EAGAIN\); the cgroup has \d+ of \d+ processes and threads; raise pids\.max/

suite('without threads', { skip: missing('pids') }, () => {
  test('running workers go on, the log says what is missing, and the rest start when threads are free', async (t) => {
    const file = join(createDirectory(t), 'app.yaml')
    writeFileSync(file, 'workers: 1\n')
    const group = Group.create(t, 'pids')
    const origin = await startOriginIn(t, [group], { config: file })
    const serves = async (): Promise<number> => (await ask(origin.ports.http, '/')).status
    assert.equal(await serves(), 200)

    group.mostThreads = group.threads
    for (const [round, text] of ['workers: 3\n', 'workers: 1\nbuffer.size: 64K\n'].entries()) {
      writeFileSync(file, text)
      await within(
        text,
        until('it is said', () => {
          const failed = origin.log.filter(({ msg }) => msg === 'settings failed')
          return failed.length > round && says.test(String(failed.at(-1)?.['message']))
        }),
      )
      assert.deepEqual([await serves(), await adminStatus(origin, '/readyz')], [200, 200])
    }

    group.mostThreads = 'max'
    writeFileSync(file, 'workers: 3\n')
    await until('three serve', async () => (await scrape(origin)).value('hpdummy_workers') === 3)
    assert.equal(await serves(), 200)
  })

  test('work without a thread fails at once, and is done again when there is one', async (t) => {
    const group = Group.create(t, 'pids')
    const origin = await startOriginIn(t, [group], { workers: 1 })
    const work = (path: string): Promise<Answer> => ask(origin.ports.http, path)
    group.mostThreads = group.threads
    const failed = await Promise.all([work('/work/1'), work('/work/1')])
    for (const answer of failed) {
      assert.deepEqual([answer.status, jsonOf(answer)['code']], [500, 'PROCESSING_ERROR'])
    }
    await origin.waitForLog(
      ({ msg, reason }) =>
        msg === 'a thread of the compute pool is lost' && says.test(String(reason)),
    )
    assert.equal((await work('/work/1?mode=direct')).status, 200)

    group.mostThreads = 'max'
    assert.equal((await work('/work/1')).status, 200)
  })

  test('a start says what is missing and ends with 1', async (t) => {
    const group = Group.create(t, 'pids')
    // As many as Node has before it runs a line of ours, and some; with 9 to 11 it aborted without a word.
    for (const most of [8, 9, 10, 11]) {
      group.mostThreads = most
      const words = ['-c', 'echo $$ > "$1"; shift; exec "$@"', 'sh', group.joinFile]
      const flags = Object.keys(anyPorts).map((name) => `${flagName(name)}=0`)
      const started = run('sh', [
        ...words,
        process.execPath,
        'app/main.ts',
        '--workers=1',
        ...flags,
      ])
      const { code, stdout } = await within(`the end with ${most}`, started)
      assert.equal(code, 1)
      assert.match(stdout.toString(), /raise pids\.max: podPidsLimit of the kubelet/)
    }
  })
})
