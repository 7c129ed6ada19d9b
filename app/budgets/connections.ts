// One for the admin port, and one for each seat of a worker: 256 workers at most, each with its replacement.
const seats = 1 + 2 * 256

/** Zeroed memory for the count of connections: a cell for each seat, which only its holder writes. */
export function createConnectionCells(): SharedArrayBuffer {
  return new SharedArrayBuffer(seats * Int32Array.BYTES_PER_ELEMENT)
}
