// Which changes of certificate files are taken, and which are not.
import assert from 'node:assert/strict'
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import {
  allShown,
  handshake,
  issue,
  mountPair,
  mounted,
  portOf,
  renewed,
  settingsFor,
  shownName,
  writePair,
} from '../support/tls-files.ts'
import { until } from '../support/wait.ts'

const trouble = 'the certificate files cannot be used; the previous certificate is still served'

async function staysWithFirst(
  origin: TestOrigin,
  spoil: () => void,
  problem: RegExp,
): Promise<void> {
  spoil()
  const line = await origin.waitForLog(
    ({ msg, ...detail }) => msg === trouble && problem.test(String(detail['problem'])),
  )
  assert.equal(line['level'], 'error')
  for (const listener of ['https', 'wireTls'] as const) {
    assert.equal(await shownName(portOf(origin, listener)), 'first.example')
  }
}

suite('files that are not valid', () => {
  test('the previous certificate is served until they are valid again', async (t) => {
    const directory = createDirectory(t)
    const [first, second] = [await issue('first.example'), await issue('second.example')]
    writePair(directory, first)
    const origin = await startOrigin(t, settingsFor(directory))
    const [cert, key] = [join(directory, 'tls.crt'), join(directory, 'tls.key')]
    await staysWithFirst(origin, () => writeFileSync(cert, second.cert), /is not the key of/)
    await staysWithFirst(origin, () => writeFileSync(cert, 'no PEM'), /tls\.crt: cannot be used/)
    await staysWithFirst(origin, () => rmSync(key), /tls\.(?:crt|key): cannot be used/)
    writePair(directory, second)
    await origin.waitForLog(renewed('second.example'))
    await allShown(portOf(origin, 'https'), 'second.example')
  })

  test('files that are restored are not a renewal', async (t) => {
    const directory = createDirectory(t)
    const first = await issue('first.example')
    writePair(directory, first)
    const origin = await startOrigin(t, settingsFor(directory))
    await staysWithFirst(
      origin,
      () => writeFileSync(join(directory, 'tls.crt'), 'no PEM'),
      /tls\.crt: cannot be used/,
    )
    writePair(directory, first)
    await origin.waitForLog(({ msg }) => msg === 'the certificate files can be used again')
    assert.equal(origin.log.filter(({ msg }) => msg === 'certificates renewed').length, 0)
  })
})

suite('other renewals', () => {
  test('server names come, change and go', async (t) => {
    const directory = await mounted(t, 'default.example')
    const names = createDirectory(t)
    writePair(join(names, 'a.example'), await issue('a.example'))
    const settings = { ...settingsFor(directory), 'tls.sniDirectory': names }
    const port = portOf(await startOrigin(t, settings), 'https')
    await allShown(port, 'a.example', 'a.example')
    writePair(join(names, 'b.example'), await issue('b.example'))
    await allShown(port, 'b.example', 'b.example')
    writePair(join(names, 'a.example'), await issue('second.a.example'))
    await allShown(port, 'second.a.example', 'a.example')
    rmSync(join(names, 'b.example'), { recursive: true })
    await allShown(port, 'default.example', 'b.example')
  })

  test('the authorities of clients', async (t) => {
    const directory = await mounted(t, 'first.example')
    const [before, after] = [await issue('before'), await issue('after')]
    const caFile = join(createDirectory(t), 'ca.crt')
    writeFileSync(caFile, before.cert)
    const origin = await startOrigin(t, { ...settingsFor(directory), 'tls.clientCaFile': caFile })
    const [old, young] = [await issue('old', before), await issue('young', after)]
    for (const listener of ['https', 'wireTls'] as const) {
      const port = portOf(origin, listener)
      const isIn = async (pair: object): Promise<boolean> => {
        const socket = await handshake(port, { maxVersion: 'TLSv1.2', ...pair }).catch(
          () => undefined,
        )
        socket?.destroy()
        return socket !== undefined
      }
      if (listener === 'https') {
        assert.deepEqual([await isIn(old), await isIn(young)], [true, false])
        writeFileSync(caFile, after.cert)
      }
      await until('only the new authority counts', async () => {
        return (await isIn(young)) && !(await isIn(old))
      })
    }
  })

  test('a worker that starts later has the new certificate', async (t) => {
    const directory = await mounted(t, 'first.example')
    const config = join(createDirectory(t), 'app.yaml')
    writeFileSync(config, 'buffer.size: 1M\n')
    const origin = await startOrigin(t, { ...settingsFor(directory), config })
    mountPair(directory, await issue('second.example'))
    await origin.waitForLog(renewed('second.example'))
    writeFileSync(config, 'buffer.size: 2M\n')
    await origin.waitForLog(({ msg }) => msg === 'settings applied')
    await allShown(portOf(origin, 'https'), 'second.example')
  })
})

test('a symlink that points elsewhere is followed', async (t) => {
  const [directory, live] = [createDirectory(t), createDirectory(t)]
  writePair(join(directory, '1'), await issue('first.example'))
  writePair(join(directory, '2'), await issue('second.example'))
  const point = (to: string): void => {
    for (const file of ['tls.crt', 'tls.key']) {
      rmSync(join(live, file), { force: true })
      symlinkSync(join(directory, to, file), join(live, file))
    }
  }
  point('1')
  const origin = await startOrigin(t, settingsFor(live))
  point('2')
  await origin.waitForLog(renewed('second.example'))
  await allShown(portOf(origin, 'https'), 'second.example')
})
