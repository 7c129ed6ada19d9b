// Which socket of an SO_REUSEPORT group gets a new connection, and how to make the kernel choose another. The group is
// an array of all listening sockets that share an address, including those of other processes. It is in the order of
// listen(2), except that when one closes the last one takes its place (net/core/sock_reuseport.c). No call shows the
// order, so it is found by trying.
import type { ListeningSocket } from './kernel.ts'

// A SYN over loopback has arrived when connect(2) returns, unless another processor was to take it.
const arrivalMs = 0.5

// A SYN may match what is left of an earlier connection (TIME-WAIT), and a full queue drops SYNs of others.
const mostKnocks = 3

// Sockets of other processes may stand between ours, and each one costs the wait for an arrival. They are counted, not
// timed, because a thread on a busy machine may not run for 100 ms.
const mostMisses = 64

// linux/filter.h and linux/bpf_common.h. The random number is an extension at SKF_AD_OFF + SKF_AD_RANDOM.
const loadWord = 0x20
const randomNumber = (-0x1000 + 56) >>> 0
const modulo = 0x94
const jumpIfEqual = 0x15
const returnValue = 0x06

/**
 * The place of each of our sockets in their group, in the order they are given. A program chooses each place in turn,
 * and a SYN with a hop limit of 1 is sent. Our sockets drop it, and the one whose count of drops goes up has that
 * place. A socket of another process sees a connection that ends at once. Clients' connections go to the same socket
 * for that time, some 0.1 ms. Leaves the last program in place. Throws what the kernel refuses, or when the places are
 * not certain.
 */
export function findPlaces(sockets: readonly ListeningSocket[]): readonly number[] {
  const places = new Map<ListeningSocket, number>()
  let misses = 0
  for (const socket of sockets) socket.leastHopLimit = 2
  try {
    for (let place = 0; places.size < sockets.length; place++) {
      const taker = takerOf(place, sockets)
      if (taker !== undefined && !places.has(taker)) places.set(taker, place)
      else if (++misses > mostMisses) throw new Error('the order of the sockets was not found')
    }
    return sockets.map((socket) => {
      const place = places.get(socket) ?? -1
      // Past the end of the array the kernel chooses by itself, so one answer may be chance.
      if (takerOf(place, sockets) !== socket) throw new Error('the order of the sockets changes')
      return place
    })
  } finally {
    for (const socket of sockets) socket.leastHopLimit = 0
  }
}

/** The socket that drops a SYN sent to this place; undefined when no socket does, or when it is not certain which. */
function takerOf(place: number, sockets: readonly ListeningSocket[]): ListeningSocket | undefined {
  sockets[0]?.attach(shareAmong([place]))
  for (let knock = 0; knock < mostKnocks; knock++) {
    const [taker, ...others] = droppersOf(sockets)
    if (taker !== undefined && others.length === 0) return taker
  }
  return undefined
}

function droppersOf(sockets: readonly ListeningSocket[]): readonly ListeningSocket[] {
  const before = sockets.map(({ drops }) => drops)
  sockets[0]?.knock()
  const deadline = performance.now() + arrivalMs
  for (;;) {
    const droppers = sockets.filter(({ drops }, index) => drops !== before[index])
    if (droppers.length > 0 || performance.now() > deadline) return droppers
  }
}

/** A classic BPF program that chooses each of these places equally often. */
export function shareAmong(places: readonly number[]): Buffer {
  const last = places.at(-1)
  if (last === undefined) throw new Error('there is no place to choose')
  const choices = places
    .slice(0, -1)
    .flatMap((place, index) => [
      instruction(jumpIfEqual, index, [0, 1]),
      instruction(returnValue, place),
    ])
  return Buffer.concat([
    instruction(loadWord, randomNumber),
    instruction(modulo, places.length),
    ...choices,
    instruction(returnValue, last),
  ])
}

// struct sock_filter: code, how many instructions to skip if true and if false, operand.
function instruction(code: number, operand: number, [ifTrue, ifFalse] = [0, 0]): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16LE(code, 0)
  bytes.writeUInt8(ifTrue, 2)
  bytes.writeUInt8(ifFalse, 3)
  bytes.writeUInt32LE(operand, 4)
  return bytes
}
