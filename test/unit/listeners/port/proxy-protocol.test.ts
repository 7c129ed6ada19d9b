import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import { readProxyHeader } from '../../../../app/listeners/port/proxy-protocol.ts'

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

function binary(versionAndCommand: number, family: number, rest: Uint8Array): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(rest.length)
  return Buffer.concat([signature, Buffer.from([versionAndCommand, family]), length, rest])
}

const port = fc.integer({ min: 0, max: 65_535 })

suite('readProxyHeader', () => {
  test('reads every line of TCP4, and leaves what follows it', () => {
    fc.assert(
      fc.property(fc.tuple(fc.ipV4(), fc.ipV4(), port, port), fc.string(), (addresses, rest) => {
        const [from, to, a, b] = addresses
        const line = `PROXY TCP4 ${from} ${to} ${a} ${b}\r\n`
        assert.deepEqual(readProxyHeader(Buffer.from(line + rest)), {
          is: 'header',
          header: {
            version: 1,
            command: 'proxy',
            family: 'tcp4',
            source: `${from}:${a}`,
            destination: `${to}:${b}`,
          },
          bytes: line.length,
        })
      }),
    )
  })

  test('reads every address of version 2, IPv6 in brackets', () => {
    const bytes = fc.uint8Array({ minLength: 36, maxLength: 36 })
    fc.assert(
      fc.property(bytes, (addresses) => {
        const read = readProxyHeader(binary(0x21, 0x21, addresses))
        assert.equal(read.is, 'header')
        if (read.is !== 'header') return
        const { source = '', destination = '' } = read.header
        assert.equal(read.bytes, 52)
        assert.ok(source.endsWith(`:${((addresses[32] ?? 0) << 8) | (addresses[33] ?? 0)}`))
        assert.ok(destination.endsWith(`:${((addresses[34] ?? 0) << 8) | (addresses[35] ?? 0)}`))
      }),
    )
  })

  test('shows the shortest form of IPv6', () => {
    const loopback = Buffer.alloc(36)
    loopback[15] = 1
    loopback[31] = 2
    const read = readProxyHeader(binary(0x21, 0x21, loopback))
    assert.ok(read.is === 'header')
    assert.deepEqual([read.header.source, read.header.destination], ['[::1]:0', '[::2]:0'])
  })

  test('waits for the rest of any beginning of a header', () => {
    const line = Buffer.from('PROXY TCP6 ::1 ::2 1 2\r\n')
    const longer = binary(0x21, 0x11, Buffer.alloc(40))
    for (const whole of [line, longer]) {
      for (let length = 1; length < whole.length; length++) {
        assert.equal(readProxyHeader(whole.subarray(0, length)).is, 'incomplete')
      }
    }
  })

  test('a line without an end is bad as soon as it is too long', () => {
    const line = Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)
    assert.equal(readProxyHeader(line.subarray(0, 106)).is, 'incomplete')
    assert.equal(readProxyHeader(line.subarray(0, 107)).is, 'bad')
    const longest = `PROXY UNKNOWN ${'f'.repeat(91)}\r\n`
    assert.equal(longest.length, 107)
    assert.equal(readProxyHeader(Buffer.from(longest)).is, 'header')
  })

  test('anything else is not a header', () => {
    for (const text of ['GET / HTTP/1.1\r\n', 'POST', 'PRI * HTTP/2.0', 'proxy TCP4', '\x16\x03']) {
      assert.equal(readProxyHeader(Buffer.from(text, 'latin1')).is, 'none')
    }
  })

  for (const [family, code, bytes] of [
    ['tcp4', 0x11, 12],
    ['udp4', 0x12, 12],
    ['tcp6', 0x21, 36],
    ['udp6', 0x22, 36],
    ['unix', 0x31, 216],
    ['unix', 0x32, 216],
    ['unknown', 0x00, 0],
    ['unknown', 0x77, 5],
  ] as const) {
    test(`family 0x${code.toString(16)} is ${family}`, () => {
      const read = readProxyHeader(binary(0x21, code, Buffer.alloc(bytes)))
      assert.ok(read.is === 'header')
      assert.equal(read.header.family, family)
      assert.equal(read.bytes, 16 + bytes)
      if (bytes < 12 || family === 'unix') return
      assert.equal(readProxyHeader(binary(0x21, code, Buffer.alloc(bytes - 1))).is, 'bad')
    })
  }

  test('accepts or refuses any bytes, and never consumes more than it was given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, isBinary) => {
        const start = isBinary ? signature : Buffer.from('PROXY ')
        const bytes = Buffer.concat([start, noise])
        const read = readProxyHeader(bytes)
        if (read.is === 'header') assert.ok(read.bytes <= bytes.length)
        assert.notEqual(read.is, 'none')
      }),
    )
  })
})
