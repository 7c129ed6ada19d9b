import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as koffi from 'koffi'

import { readKernelFile } from '../../../../app/runtime/machine/cgroup.ts'
import { applySocketOptions, thisMachine } from '../../../../app/runtime/sockets/options.ts'
import type { TcpOptions } from '../../../../app/runtime/sockets/report.ts'
import { withoutLinux } from '../../../support/kernel-words.ts'
import { applyOne, openNode, usual } from '../../../support/open-ports.ts'
import { freePort } from '../../../support/ports.ts'

test('times between the seconds the kernel counts in', { skip: withoutLinux }, async (t) => {
  const port = await openNode(t, {})
  for (const [askedMs, kernelMs] of [
    [1, 1000],
    [1500, 2000],
    [86_400_000, 32_767_000],
  ] as const) {
    const { keepAliveMs } = await applyOne(port, { ...usual, keepAliveMs: askedMs })
    assert.deepEqual([keepAliveMs.asked, keepAliveMs.kernel], [askedMs, kernelMs])
    assert.match(keepAliveMs.note ?? '', /whole seconds from 1 to 32767/)
  }
})

test('fastOpen says which bit the sysctl lacks', { skip: withoutLinux }, async (t) => {
  const port = await openNode(t, {})
  const notes: readonly (readonly [string | undefined, RegExp | undefined])[] = [
    ['1\n', /net\.ipv4\.tcp_fastopen is 1 and must have 2 in it/],
    ['1028\n', /is 1028 and must/],
    ['3\n', undefined],
    ['1027\n', undefined],
    [undefined, /cannot be read/],
  ]
  for (const [text, expected] of notes) {
    const read = (path: string): string | undefined =>
      path === '/proc/sys/net/ipv4/tcp_fastopen' ? text : readKernelFile(path)
    const [report] = await applySocketOptions([port], usual, { ...thisMachine, read })
    assert.equal(report?.fastOpen.kernel, 256)
    if (expected === undefined) assert.equal(report?.fastOpen.note, undefined)
    else assert.match(report?.fastOpen.note ?? '', expected)
  }
})

test('unknown values are reported with the reason, and nothing fails', async (t) => {
  const port = await openNode(t, {})
  const cases = [
    [{ platform: 'darwin' }, /Linux only, and this is darwin/],
    [
      { loadForeignFunctions: () => Promise.reject(new Error("Cannot find package 'koffi'")) },
      /Cannot find package 'koffi'/,
    ],
  ] as const
  for (const [machine, reason] of cases) {
    const [report] = await applySocketOptions([port], usual, { ...thisMachine, ...machine })
    assert.ok(report !== undefined)
    const { listener, port: number, sockets, ...options } = report
    assert.deepEqual([listener, number, sockets], ['tcpEcho', port.port, 0])
    assert.deepEqual(Object.keys(options), Object.keys(usual))
    for (const [name, { asked, kernel, note }] of Object.entries(options)) {
      assert.equal(kernel, null)
      assert.equal(asked, usual[name as keyof TcpOptions])
      assert.match(note ?? '', reason)
    }
  }
})

test('a port that is not open is reported as such', { skip: withoutLinux }, async () => {
  const port = await freePort()
  const { sockets, backlog } = await applyOne({ listener: 'grpc', port, engine: 'node' }, usual)
  assert.deepEqual([sockets, backlog.kernel], [0, null])
  assert.match(backlog.note ?? '', /no listening socket/)
})

test('a refusal of the kernel is quoted, beside its value', { skip: withoutLinux }, async (t) => {
  const port = await openNode(t, {})
  const library = koffi.load(null)
  const refusing = {
    ...library,
    func: (definition: string) =>
      definition.includes('setsockopt') ? () => -1 : library.func(definition),
  }
  // 92 is ENOPROTOOPT; koffi's own types name more functions than are used here.
  const foreign = { load: () => refusing, errno: () => 92 } as unknown as typeof koffi
  const machine = { ...thisMachine, loadForeignFunctions: () => Promise.resolve(foreign) }
  const [report] = await applySocketOptions([port], usual, machine)
  assert.deepEqual(report?.fastOpen, {
    asked: true,
    kernel: 0,
    note: 'the kernel refused: setsockopt TCP_FASTOPEN: ENOPROTOOPT',
  })
  assert.deepEqual(report?.backlog, { asked: 101, kernel: 101 })
})
