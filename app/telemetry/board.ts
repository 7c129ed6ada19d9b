// A page is a few hundred bytes and some two hundred for each worker; what does not fit is not put up.
const boardBytes = 128 * 1024
const headBytes = 8

/** Shared memory for a text that one thread puts up for all. */
export function createBoard(): SharedArrayBuffer {
  return new SharedArrayBuffer(headBytes + boardBytes)
}

/** Puts up a text in the place of the last one; false when it is too long. */
export function putUp(board: SharedArrayBuffer, text: string): boolean {
  const [head, room] = [new Int32Array(board, 0, 2), new Uint8Array(board, headBytes)]
  const bytes = Buffer.from(text)
  if (bytes.length > room.length) return false
  // Odd while it is being written: a reader that sees an odd version reads again.
  Atomics.add(head, 0, 1)
  room.set(bytes)
  Atomics.store(head, 1, bytes.length)
  Atomics.add(head, 0, 1)
  return true
}

/** The text that is up, whole; '' before the first. */
export function readBoard(board: SharedArrayBuffer): string {
  const head = new Int32Array(board, 0, 2)
  for (;;) {
    const turn = Atomics.load(head, 0)
    // A copy: a text decoder does not take memory that others write.
    const bytes = Buffer.from(new Uint8Array(board, headBytes, Atomics.load(head, 1)))
    if (turn % 2 === 0 && Atomics.load(head, 0) === turn) return bytes.toString()
  }
}
