// gRPC calls, one answer each and streams, by reflection: no .proto is needed.
import { check } from 'k6'
import { Client, StatusOK, Stream } from 'k6/net/grpc'

import { grpcTarget, number } from './target.js'

const messages = number('MESSAGES', 10)
const client = new Client()

export const options = {
  vus: number('VUS', 50),
  iterations: number('ITERATIONS', 5000),
  thresholds: {
    checks: ['rate==1'],
    grpc_req_duration: [`p(99)<=${number('P99_MS', 50)}`],
  },
}

/** One call and one stream on a connection that stays. */
export default function call() {
  if (!isConnected()) return
  const message = `message ${__VU}-${__ITER}`
  const answer = client.invoke('echo.EchoService/Echo', { message })
  check(answer, {
    'status is OK': ({ status }) => status === StatusOK,
    'it is what was sent': (one) => one.message !== null && one.message.message === message,
  })
  converse()
}

let hasConnection = false

function isConnected() {
  if (hasConnection) return true
  try {
    client.connect(grpcTarget, { plaintext: true, reflect: true, timeout: '5s' })
    hasConnection = true
  } catch (error) {
    check(error, { connected: () => false })
  }
  return hasConnection
}

function converse() {
  const stream = new Stream(client, 'echo.EchoService/StreamEcho')
  let answered = 0
  stream.on('data', () => {
    answered += 1
  })
  stream.on('end', () => {
    check(answered, { 'all came back': (count) => count === messages })
  })
  for (let sent = 0; sent < messages; sent++) stream.write({ message: `${sent}` })
  stream.end()
}
