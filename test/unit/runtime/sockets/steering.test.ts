// Who takes new connections while sockets of a port leave, as clients see it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, type Server, connect, createServer } from 'node:net'
import { type TestContext, suite, test } from 'node:test'

import { type ForeignFunctions, SocketCalls } from '../../../../app/runtime/sockets/kernel.ts'
import { type SocketMachine, thisMachine } from '../../../../app/runtime/sockets/options.ts'
import type { OpenPort } from '../../../../app/runtime/sockets/report.ts'
import { Steering } from '../../../../app/runtime/sockets/steering.ts'
import type { Logger } from '../../../../app/telemetry/log.ts'
import { withoutLinux } from '../../../support/kernel-words.ts'

/** A worker's socket, and how many connections it was given. */
interface Opened {
  readonly server: Server
  taken: number
}

/** Sockets on one port, each noted as its own worker's. */
class Group {
  readonly steering: Steering
  readonly told: string[] = []
  readonly host: string
  port = 0
  readonly #t: TestContext

  constructor(t: TestContext, host: string, machine = thisMachine) {
    this.#t = t
    this.host = host
    const info = ({ reason }: { reason: string }): unknown => this.told.push(reason)
    this.steering = new Steering({ info } as unknown as Logger, machine)
  }

  async open(): Promise<Opened> {
    const server = createServer((socket) => {
      opened.taken++
      socket.on('error', () => {}).end('own')
    })
    const opened: Opened = { server, taken: 0 }
    this.#t.after(() => server.close())
    server.listen({ host: this.host, port: this.port, reusePort: true })
    await once(server, 'listening')
    this.port = (server.address() as AddressInfo).port
    await this.steering.note(opened, [this.openPort])
    return opened
  }

  get openPort(): OpenPort {
    return { listener: 'tcpEcho', port: this.port, engine: 'node' }
  }

  /** What each of 60 connections was answered. */
  connect(): Promise<readonly string[]> {
    const host = this.host === '::' ? '127.0.0.1' : this.host
    return Promise.all(
      Array.from({ length: 60 }, async () => {
        let answer = ''
        const socket = connect({ host, port: this.port })
        socket.on('data', (bytes) => (answer += bytes.toString()))
        await once(socket, 'close')
        return answer
      }),
    )
  }
}

/** How many of 60 connections each of these was given. */
async function shares(group: Group, all: readonly Opened[]): Promise<readonly number[]> {
  const before = all.map(({ taken }) => taken)
  await group.connect()
  return all.map(({ taken }, index) => taken - (before[index] ?? 0))
}

/** Whether the kernel takes a program off the port's group, because there is one. */
async function hasProgram({ port }: Group, { server }: Opened): Promise<boolean> {
  const calls = new SocketCalls(await thisMachine.loadForeignFunctions())
  // Node has no name for it, but a listening server has a descriptor.
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle
  const socket = calls.hold(fd)
  assert.equal(socket?.port, port)
  try {
    socket?.write('SO_DETACH_REUSEPORT_BPF', 0)
    return true
  } catch (error) {
    assert.match(String(error), /ENOENT/)
    return false
  } finally {
    socket?.close()
  }
}

async function closed({ server }: Opened): Promise<void> {
  server.close()
  await once(server, 'close')
}

suite('new connections', { skip: withoutLinux }, () => {
  for (const host of ['127.0.0.1', '0.0.0.0', '::', '::1']) {
    test(`go to the sockets that stay, whatever their order, on ${host}`, async (t) => {
      const group = new Group(t, host)
      const all = [await group.open(), await group.open(), await group.open(), await group.open()]
      // When one closes the kernel gives its place to the last.
      while (all.length > 1) {
        const leaving = all[1] ?? all[0]
        assert.ok(leaving)
        const staying = all.filter((opened) => opened !== leaving)
        const departure = await group.steering.steerAway([leaving], staying)
        const [none, ...some] = await shares(group, [leaving, ...staying])
        assert.equal(none, 0)
        assert.ok(
          some.every((count) => count > 0),
          `${some.join(', ')} of 60`,
        )
        assert.equal(departure.isEmpty(), true)
        await closed(leaving)
        departure.finish()
        all.splice(all.indexOf(leaving), 1)
        const after = await shares(group, all)
        assert.equal(
          after.reduce((sum, count) => sum + count, 0),
          60,
        )
        assert.equal(await hasProgram(group, staying[0] as Opened), false)
      }
      assert.deepEqual(group.told, [])
    })
  }

  test('go to the one that stays while two leave at the same time', async (t) => {
    const group = new Group(t, '127.0.0.1')
    const [one, two, three] = [await group.open(), await group.open(), await group.open()]
    const first = await group.steering.steerAway([one], [two, three])
    const second = await group.steering.steerAway([two], [three])
    assert.deepEqual(await shares(group, [one, two, three]), [0, 0, 60])
    await closed(one)
    first.finish()
    assert.deepEqual(await shares(group, [two, three]), [0, 60])
    await closed(two)
    assert.deepEqual(await shares(group, [three]), [60])
    second.finish()
    assert.equal(await hasProgram(group, three), false)
    assert.deepEqual(await shares(group, [three]), [60])
    assert.deepEqual(group.told, [])
  })

  test('go to the one that stays when another one changes its mind and stays, too', async (t) => {
    const group = new Group(t, '127.0.0.1')
    const [one, two, three] = [await group.open(), await group.open(), await group.open()]
    const first = await group.steering.steerAway([one], [two, three])
    const second = await group.steering.steerAway([two], [three])
    await closed(one)
    first.finish()
    second.cancel()
    assert.equal(await hasProgram(group, three), false)
    assert.ok((await shares(group, [two, three])).every((count) => count > 0))
    assert.deepEqual(group.told, [])
  })

  test('go to all again when the leaving ones stay after all', async (t) => {
    const group = new Group(t, '127.0.0.1')
    const [one, other] = [await group.open(), await group.open()]
    const departure = await group.steering.steerAway([one], [other])
    departure.cancel()
    assert.equal(await hasProgram(group, one), false)
    const [given = 0] = await shares(group, [one, other])
    assert.ok(given > 0)
    departure.finish()
    assert.equal(
      (await shares(group, [one, other])).every((count) => count > 0),
      true,
    )
  })

  test('go to another process when all of ours leave, and none is lost when they close', async (t) => {
    const group = new Group(t, '127.0.0.1')
    const first = await group.open()
    const stranger = spawn(process.execPath, ['-e', strangerCode(group.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => stranger.kill())
    await once(stranger.stdout, 'data')
    const last = await group.open()
    const departure = await group.steering.steerAway([first, last], [])
    assert.deepEqual(new Set(await group.connect()), new Set(['stranger']))
    await Promise.all([closed(first), closed(last)])
    const during = group.connect()
    departure.finish()
    assert.deepEqual(new Set(await during), new Set(['stranger']))
    assert.deepEqual([first.taken, last.taken, group.told], [0, 0, []])
  })

  test('are left alone when no other socket is on the port', async (t) => {
    const group = new Group(t, '127.0.0.1')
    const all = [await group.open(), await group.open()]
    const departure = await group.steering.steerAway(all, [])
    assert.equal(await hasProgram(group, all[0] as Opened), false)
    assert.equal(departure.isEmpty(), true)
    departure.finish()
    assert.ok((await shares(group, all)).every((count) => count > 0))
    assert.deepEqual(group.told, [])
  })
})

suite('new connections, when the kernel refuses,', { skip: withoutLinux }, () => {
  // ENOPROTOOPT is what kernels before 5.3 say of the second.
  for (const [number, name, error] of [
    [51, 'SO_ATTACH_REUSEPORT_CBPF', { number: 1, name: 'EPERM' }],
    [68, 'SO_DETACH_REUSEPORT_BPF', { number: 92, name: 'ENOPROTOOPT' }],
  ] as const) {
    test(`${name}, go where they went before, and it is told once`, async (t) => {
      const machine = await refusing(number, error.number)
      const group = new Group(t, '127.0.0.1', machine)
      const [one, other] = [await group.open(), await group.open()]
      for (let time = 0; time < 2; time++) {
        const departure = await group.steering.steerAway([one], [other])
        assert.equal(departure.isEmpty(), true)
        departure.finish()
        assert.ok((await shares(group, [one, other])).every((count) => count > 0))
      }
      assert.deepEqual(group.told, [`setsockopt ${name}: ${error.name}`])
    })
  }
})

/** This machine, with a kernel that refuses one option of sockets. */
async function refusing(option: number, error: number): Promise<SocketMachine> {
  const koffi = await thisMachine.loadForeignFunctions()
  const library = koffi.load(null)
  let isRefused = false
  const func = (definition: string): unknown => {
    const call = library.func(definition) as (...values: readonly unknown[]) => number
    return (...values: readonly unknown[]) => {
      isRefused = definition.includes('setsockopt') && values[2] === option
      return isRefused ? -1 : call(...values)
    }
  }
  // koffi's own types name more functions than are used here.
  const foreign = {
    ...koffi,
    load: () => ({ func }),
    errno: () => (isRefused ? error : koffi.errno()),
  } as unknown as ForeignFunctions
  return { ...thisMachine, loadForeignFunctions: () => Promise.resolve(foreign) }
}

/** A program that answers on the port, beside us. */
function strangerCode(port: number): string {
  return `require('node:net').createServer((socket) => socket.on('error', () => {}).end('stranger'))
    .listen({ host: '127.0.0.1', port: ${port}, reusePort: true }, () => console.log('open'))`
}
