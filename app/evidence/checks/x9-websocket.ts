import { type Answer, describe, statusOf, valuesIn } from '../client/answer.ts'
import { type Message, frameOf, handshake, opcodes, readMessages } from '../client/websocket.ts'
import { type Check, type Client, type Probe, note, unknown } from './check.ts'
import { bytesOf, payloadOf } from './payload-of.ts'

const protocols = ['hpv.two', 'hpv.one'] as const
const bigBytes = 2 ** 20
const waitMs = 10_000

/** A WebSocket from end to end. */
export const x9: Check = {
  id: 'X9',
  title: 'A WebSocket: handshake, subprotocol, ping, a message of 1 MiB, close code',
  level: 'note',
  rule: 'RFC 6455',
  sent: `A handshake at /ws that offers the subprotocols ${protocols.join(', ')}, a ping, and a binary message of 1 MiB, which comes back; then one at /ws/close/4001, and a text message, which the origin answers and closes with 4001.`,
  judged: 'Tells what of it comes through.',
  needs: ['wire', 'http1'],
  async run(probe) {
    const { client, answer, accept } = await shake(probe, '/ws')
    if (statusOf(answer) !== 101) {
      client.close()
      if (probe.isDirect) return unknown(`The origin refused: ${describe(answer)}.`)
      return note(
        `No WebSockets: the client got ${describe(answer)}.`,
        'Many proxies must be told to forward Upgrade.',
      )
    }
    const told = [
      valuesIn(answer, 'sec-websocket-accept').includes(accept)
        ? 'Accepted'
        : 'A wrong Sec-WebSocket-Accept',
      protocolPart(answer),
      await pingPart(client),
      await bigPart(client),
    ]
    client.close()
    return note(`${[...told, await closePart(probe)].join('; ')}.`)
  },
}

async function shake(probe: Probe, path: string) {
  const client = await probe.open()
  const { fields, accept } = handshake(protocols.join(', '))
  const answer = await client.ask({ path, id: probe.token(), fields })
  return { client, answer, accept }
}

function protocolPart(answer: Answer): string {
  const chosen = valuesIn(answer, 'sec-websocket-protocol').join(', ')
  return chosen === protocols[0]
    ? 'the subprotocol is kept'
    : `the subprotocol is ${chosen || 'lost'}`
}

const isPong = ({ opcode, payload }: Message): boolean =>
  opcode === opcodes.pong && payload.toString() === 'hpv'

const isBinary = ({ opcode }: Message): boolean => opcode === opcodes.binary

async function pingPart({ connection }: Client): Promise<string> {
  connection.send(frameOf(opcodes.ping, Buffer.from('hpv')))
  const messages = await readMessages(connection, { isLast: isPong, ms: waitMs })
  return messages.some(isPong) ? 'a ping is answered' : 'a ping is not answered'
}

async function bigPart({ connection }: Client): Promise<string> {
  const bytes = bytesOf(payloadOf(9, bigBytes), 0, bigBytes)
  connection.send(frameOf(opcodes.binary, bytes))
  const messages = await readMessages(connection, { isLast: isBinary, ms: waitMs })
  const back = messages.find(isBinary)?.payload
  if (back === undefined) return 'a message of 1 MiB does not come back'
  return back.equals(bytes) ? 'a message of 1 MiB comes back' : 'a message of 1 MiB is changed'
}

async function closePart(probe: Probe): Promise<string> {
  const { client, answer } = await shake(probe, '/ws/close/4001')
  if (statusOf(answer) !== 101) return `a second handshake became ${describe(answer)}`
  client.connection.send(frameOf(opcodes.text, Buffer.from('hello')))
  const messages = await readMessages(client.connection, { isLast: () => false, ms: waitMs })
  client.close()
  const text = messages.find(({ opcode }) => opcode === opcodes.text)?.payload.toString()
  const closing = messages.find(({ opcode }) => opcode === opcodes.close)
  const code =
    closing === undefined || closing.payload.length < 2
      ? 'no close frame'
      : `code ${closing.payload.readUInt16BE(0)}`
  return `the message was answered by “${text ?? 'nothing'}”; closed with ${code}`
}
