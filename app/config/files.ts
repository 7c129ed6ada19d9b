import { isUtf8 } from 'node:buffer'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  opendirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'

import { formatBytes } from '../traffic/units.ts'

/** Largest document of settings: the slowest YAML of this size takes a second. */
export const longestDocument = 256 * 2 ** 10

/** Most documents in one place. */
export const mostDocuments = 256

/** Largest sum of them: as much as a ConfigMap can hold. */
export const longestInAll = 2 ** 20

/** Whether the settings are in a directory of documents or in one file; throws when there is neither. */
export function isDirectoryOfSettings(path: string): boolean {
  return statSync(path).isDirectory()
}

/**
 * The names of the documents in a directory, and the directory to read them from. Throws an Error with one sentence
 * when there are too many.
 */
export function listDocuments(path: string): {
  readonly directory: string
  readonly names: readonly string[]
} {
  // A mounted ConfigMap's files are links into ..data, which the kubelet swaps. Read from the link's target, all of
  // them have one version.
  const data = join(path, '..data')
  const directory = existsSync(data) ? realpathSync(data) : path
  const names: string[] = []
  const entries = opendirSync(directory)
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      if (entry.name.startsWith('.')) continue
      names.push(entry.name)
      if (names.length > mostDocuments) {
        throw new Error(`it has more than ${mostDocuments} files; give it a directory of its own`)
      }
    }
  } finally {
    entries.closeSync()
  }
  return { directory, names }
}

/**
 * The text of a file, which must be UTF-8. Throws an Error with one sentence when it is not, or when it is longer than
 * `longestDocument`. Never reads more than that, and never waits, whatever the file is.
 */
export function readText(path: string): string {
  // Opening must not block: a pipe without a writer would stop the control plane.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const kind = fstatSync(file)
    if (kind.isDirectory()) throw new Error('it is a directory; use a file')
    if (kind.isFIFO() || kind.isSocket()) {
      throw new Error('it is a pipe, which can be read once only; use a file')
    }
    return decode(readBounded(file))
  } finally {
    closeSync(file)
  }
}

function readBounded(file: number): Buffer {
  const bytes = Buffer.alloc(longestDocument + 1)
  let length = 0
  for (;;) {
    const count = readSync(file, bytes, length, bytes.length - length, null)
    length += count
    if (count === 0) return bytes.subarray(0, length)
    if (length > longestDocument) {
      throw new Error(
        `it is larger than ${formatBytes(longestDocument)}, the most for one document`,
      )
    }
  }
}

function decode(bytes: Buffer): string {
  // Editors on Windows put a byte order mark before a text. It is not part of the text.
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes)
  const offset = firstBadByte(bytes)
  const byte = (bytes[offset] ?? 0).toString(16).padStart(2, '0').toUpperCase()
  const isUtf16 = /^(?:fffe|feff)/.test(bytes.toString('hex', 0, 2))
  const guess = isUtf16 ? '; it looks like UTF-16' : ''
  throw new Error(`it is not UTF-8: byte 0x${byte} at offset ${offset}${guess}; save it as UTF-8`)
}

/** Where the first sequence begins that is not UTF-8. */
function firstBadByte(bytes: Buffer): number {
  const isGood = (length: number): boolean => {
    try {
      // Decoded as part of a stream, so that a character that is cut at the end is not an error yet.
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true })
      return true
    } catch {
      return false
    }
  }
  let [good, bad] = [0, bytes.length + 1]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (isGood(middle)) good = middle
    else bad = middle
  }
  // An incomplete character is wrong at its beginning.
  while (good > 0 && !isUtf8(bytes.subarray(0, good))) good--
  return good
}
