import { type Answer, describe, showMs, statusOf } from '../client/answer.ts'
import { readAnswer } from '../client/http1.ts'
import { type Check, broken, note, pass, unknown } from './check.ts'

const body = 'expected body'

/** A client that asks before it sends. */
export const x1: Check = {
  id: 'X1',
  title: 'Expect: 100-continue reaches the origin, and its 100 the client',
  level: 'must',
  rule: 'RFC 9110 10.1.1',
  sent: 'POST /continue?mode=delay with Expect: 100-continue; the origin waits for 1.5 s and sends 100. The client sends its body after that.',
  judged:
    'Fails on two 100s, a deadlock, a 100 that comes before the origin sent one, or an Expect that does not arrive. A proxy that speaks HTTP/1.0 to the origin may answer itself: a note.',
  needs: ['wire'],
  async run(probe) {
    let firstMs = 0
    const began = performance.now()
    const client = await probe.open()
    const path = '/continue?mode=delay&delay=1500ms'
    const fields = [
      ['Expect', '100-continue'],
      ['Content-Length', String(body.length)],
    ] as const
    client.connection.send(
      probe.head({ id: probe.token(), method: 'POST', path, fields, isLast: true }),
    )
    let hasSent = false
    let hasGivenUp = false
    const sendBody = (): void => {
      if (!hasSent) client.connection.send(body)
      hasSent = true
    }
    // curl gives up waiting, too; later here, so that a late 100 is told from none.
    const impatience = setTimeout(() => {
      hasGivenUp = !hasSent
      sendBody()
    }, 6000)
    const answer = await readAnswer(client.connection, {
      ms: 15_000,
      onHead({ status }) {
        if (status !== 100 || firstMs > 0) return
        firstMs = performance.now() - began
        sendBody()
      },
    })
    clearTimeout(impatience)
    client.close()
    const hundreds = answer.interims.filter(({ status }) => status === 100).length
    const expected = wasExpected(answer)
    const when =
      hundreds === 0
        ? 'no 100'
        : `${hundreds === 1 ? 'one 100' : `${hundreds} times 100, the first`} after ${showMs(firstMs)}`
    const seen = `The client got ${when}, then ${describe({ ...answer, interims: [] })}; Expect ${expected === true ? 'arrived' : 'did not arrive'}.`
    if (answer.end === 'timeout') return broken(seen, 'Client and origin waited for each other.')
    if (hasGivenUp) {
      return broken(seen, 'The 100 did not come until the client had given up and sent its body.')
    }
    if (statusOf(answer) !== 200) return unknown(seen)
    if (hundreds > 1)
      return broken(
        seen,
        'One 100 of the proxy and one of the origin: a client may take the second for the answer.',
      )
    if (expected === true && hundreds === 1 && firstMs > 1000) return pass(seen)
    if (probe.originVersion === '1.0')
      return note(seen, 'It speaks HTTP/1.0 to the origin, so it may answer Expect itself.')
    return broken(
      seen,
      'The proxy answers for the origin: a client sends a whole upload that the origin would have refused.',
    )
  },
}

function wasExpected({ body: bytes }: Answer): boolean | undefined {
  try {
    return (JSON.parse(bytes.toString()) as { expected?: boolean }).expected
  } catch {
    return undefined
  }
}
