// A real cgroup v2, which few hosts of tests give out: on a small virtual machine of four CPUs.
// test/vm/guest is what happens in there; here it is judged.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { type Expected, cases } from './cases.ts'
import { Machine, missingMachine } from './machine.ts'
import type { Change, Reports } from './reports.ts'

/** What `--explain-resources` says, by the words it says it in. */
function parse(text: string): Expected {
  const cpu = /^cpu +(\S+) cores, by (.+)$/m.exec(text)
  const memory = /^memory +(?:(\d+) MiB, by (.+)|no limit)$/m.exec(text)
  const workers = /^workers (\d+)/m.exec(text)
  return {
    cores: Number(cpu?.[1]),
    coresBy: cpu?.[2] ?? '',
    workers: Number(workers?.[1]),
    memoryMiB: memory?.[1] === undefined ? undefined : Number(memory[1]),
    memoryBy: memory === null ? '' : (memory[2] ?? 'no limit'),
  }
}

function row([name, ...numbers]: readonly (string | number)[]): string {
  return `${String(name).padEnd(62)}${numbers.map((number) => String(number).padEnd(9)).join('')}`
}

function assertChange(
  { line, after: workers }: Change,
  expected: { readonly workers: number; readonly [name: string]: unknown },
): void {
  assert.partialDeepStrictEqual(line, expected)
  assert.equal(workers.length, expected.workers)
}

let machine: Machine | undefined

function report<Name extends keyof Reports>(name: Name): Promise<Reports[Name]> {
  if (machine === undefined) throw new Error('there is no machine')
  return machine.report(name)
}

suite('on a machine with cgroup v2', { skip: missingMachine() }, () => {
  before(async () => {
    machine = await Machine.boot()
  })
  after(() => machine?.end())

  suite('limits are found', () => {
    for (const { name, expected } of cases) {
      test(name, async () => {
        const { code, stdout, stderr } = await report(`case ${name}`)
        assert.equal(code, 0, stderr)
        // Each case has groups of its own.
        assert.deepEqual(parse(stdout.replaceAll(/kubepods-\d+/g, 'kubepods')), expected)
      })
    }

    test('os.availableParallelism() agrees, but where it is known to be wrong', async (t) => {
      const wrong: string[] = []
      t.diagnostic(row(['limits', 'cores', 'workers', 'os.availableParallelism()']))
      for (const { name, isBeyondNode, expected } of cases) {
        const { stdout, stderr } = await report(`case ${name}`)
        const { cores, workers } = parse(stdout)
        const parallelism = Number(/^availableParallelism (\d+)$/m.exec(stderr)?.[1])
        const isRight = parallelism === Math.max(1, Math.floor(expected.cores))
        if (!isRight && isBeyondNode !== true) wrong.push(name)
        t.diagnostic(row([name, cores, workers, `${parallelism}${isRight ? '' : ' (wrong)'}`]))
      }
      assert.deepEqual(wrong, [])
    })
  })

  suite('limits that change are followed', () => {
    test('two cores are two workers', async () => {
      const { workers, quota } = await report('ready')
      assert.equal(workers, 2)
      assert.deepEqual(quota, {
        cpus: 2,
        cpuSource: '/sys/fs/cgroup/serving/pod/container/cpu.max',
        memoryBytes: 1536 * 2 ** 20,
      })
    })

    test('one core: a worker leaves', async (t) => {
      const change = await report('one core')
      t.diagnostic(`after ${change.afterMs} ms`)
      assertChange(change, { cpus: 1, workers: 1, isResized: true, isReheaped: false })
    })

    test('half a core: being throttled is told, as the kernel counts it', async () => {
      const { line, before: least, told = 0, after: most } = await report('throttling')
      assert.partialDeepStrictEqual(line, { cpus: 0.5, workers: 1, isResized: false })
      assert.ok(least <= told && told <= most, `${least} to ${most} periods, told ${told}`)
    })

    test('three cores: two workers more', async (t) => {
      const change = await report('three cores')
      t.diagnostic(`after ${change.afterMs} ms`)
      assertChange(change, { cpus: 3, workers: 3, isResized: true, isReheaped: false })
    })

    test('half the memory: every worker is replaced by one with less heap', async (t) => {
      const change = await report('half the memory')
      t.diagnostic(`after ${change.afterMs} ms`)
      assertChange(change, {
        memoryBytes: 768 * 2 ** 20,
        workers: 3,
        isResized: false,
        isReheaped: true,
      })
      assert.deepEqual(
        change.after.filter((worker) => change.before.includes(worker)),
        [],
      )
    })

    test('no request failed', async (t) => {
      const { counts, losses } = await report('load')
      const { losses: ofCrowd } = await report('throttling')
      t.diagnostic(JSON.stringify(counts))
      assert.deepEqual([...losses, ...ofCrowd].slice(0, 5), [])
    })

    test('asked to end, it drains and exits 0', async () => {
      const { code, phases } = await report('end')
      assert.equal(code, 0)
      assert.deepEqual(phases, ['notice', 'finishing', 'stopped'])
    })
  })
})
