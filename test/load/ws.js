// Round trips of WebSocket messages: each of VUS connections sends one, waits for it, sends the next.
import { check } from 'k6'
import { Trend } from 'k6/metrics'
import { WebSocket } from 'k6/websockets'

import { number, target } from './target.js'

const messages = number('MESSAGES', 1000)
const roundTrip = new Trend('ws_round_trip', true)

export const options = {
  vus: number('VUS', 50),
  iterations: number('ITERATIONS', 500),
  thresholds: {
    checks: ['rate==1'],
    ws_round_trip: [`p(99)<=${number('P99_MS', 50)}`],
  },
}

/** One connection, from its handshake to its close. */
export default function converse() {
  const socket = new WebSocket(`${target.replace('http', 'ws')}/ws`)
  let answered = 0
  let sentAt = 0
  const send = () => {
    sentAt = Date.now()
    socket.send(`message ${answered}`)
  }
  socket.addEventListener('open', send)
  socket.addEventListener('message', ({ data }) => {
    roundTrip.add(Date.now() - sentAt)
    check(data, { 'it is what was sent': (text) => text === `message ${answered}` })
    answered += 1
    if (answered < messages) send()
    else socket.close(1000)
  })
  socket.addEventListener('close', () => {
    check(answered, { 'all came back': (count) => count === messages })
  })
}
