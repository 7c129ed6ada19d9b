import type { Mark, Pace } from './faults/plan.ts'
import type { Chunk, Chunks } from './pace.ts'

/** What is to happen to a body on its way out. */
export interface Bending {
  readonly marks: readonly Mark[]
  readonly pace: Pace | undefined
  /** Undefined where it is not known before the end. */
  readonly bodyBytes: number | undefined
  /** Before the first byte. */
  readonly waitMs: number
  /** The longest that a mark or the wait before the first byte may last. */
  readonly mostMs: number
  /** Called when a mark is reached. */
  readonly onMark: (mark: Mark) => void
}

/** Chunks that may end before the body does. */
export interface BentChunks {
  readonly chunks: Chunks
  /** How the connection ends where the chunks have; undefined until then, or when the body ended first. */
  readonly endsBy: () => 'fin' | 'rst' | undefined
}

// What a fast engine has taken it must also have sent before its socket is closed, and some cannot be asked: they send
// what they queued when they are given more. So before an end pieces are small, and the last byte comes alone.
const pieceBytes = 16 * 1024

// A reader that was slower than the pace does not get more than this of it at once.
const lateMs = 100

const nothing = new Uint8Array(0)

/**
 * The chunks of a body with its marks and its pace. Each chunk must be rendered before the next is asked for, as
 * listeners do.
 */
export function bendChunks(chunks: Chunks, bending: Bending): BentChunks {
  const course = new Course(bending)
  function* bend(): Generator<Chunk> {
    yield* course.atMarks()
    for (const { waitMs, render } of course.ended === undefined ? chunks : []) {
      course.waitMs += waitMs
      const pieces = new Pieces(render, course)
      do {
        yield { waitMs: course.takeWait(), render: pieces.next }
        yield* course.atMarks()
        if (course.ended !== undefined) return
      } while (pieces.areLeft)
      course.chunkIsOver()
    }
  }
  return { chunks: { [Symbol.iterator]: bend }, endsBy: () => course.ended }
}

/** A chunk in the pieces in which it goes out. It is rendered with the first. */
class Pieces {
  readonly #render: Chunk['render']
  readonly #course: Course
  #rest: Uint8Array | undefined

  constructor(render: Chunk['render'], course: Course) {
    this.#render = render
    this.#course = course
  }

  get areLeft(): boolean {
    return this.#rest !== undefined && this.#rest.length > 0
  }

  readonly next = (): Uint8Array => {
    const rest = this.#rest ?? bytesOf(this.#render())
    const piece = this.#course.cut(rest)
    this.#rest = rest.subarray(piece.length)
    return this.#course.pass(piece)
  }
}

function bytesOf(made: Uint8Array | string): Uint8Array {
  return typeof made === 'string' ? Buffer.from(made) : made
}

/** Where a body is on its way out. */
class Course {
  /** Before the next piece. */
  waitMs: number
  ended: 'fin' | 'rst' | undefined
  #at = 0
  #flips = false
  /** Of the paced piece that is under way. */
  #paceLeft: number
  #paceBytes = 0
  #dueAt = performance.now()
  readonly #bending: Bending
  readonly #marks: Mark[]
  readonly #hasEnd: boolean

  constructor(bending: Bending) {
    this.#bending = bending
    this.waitMs = Math.min(bending.waitMs, bending.mostMs)
    this.#marks = bending.marks.toSorted((one, other) => one.at - other.at)
    this.#hasEnd = bending.marks.some(({ kind }) => kind === 'fin' || kind === 'rst')
    this.#paceLeft = bending.pace?.nextBytes(bending.bodyBytes) ?? Infinity
  }

  /** Meets the marks at this place; a chunk without bytes when the head has to go out, or to wait, before an end. */
  *atMarks(): Generator<Chunk> {
    for (let [mark] = this.#marks; mark?.at === this.#at; [mark] = this.#marks) {
      this.#marks.shift()
      this.#bending.onMark(mark)
      if (mark.kind === 'flip') this.#flips = true
      else if (mark.kind === 'stall') this.waitMs += Math.min(mark.ms ?? 0, this.#bending.mostMs)
      else {
        if (this.#at === 0 || this.waitMs > 0) {
          yield { waitMs: this.takeWait(), render: () => nothing }
        }
        this.ended = mark.kind
        return
      }
    }
  }

  takeWait(): number {
    const { waitMs } = this
    this.waitMs = 0
    return waitMs
  }

  /** The part of these bytes that goes next, as one piece. */
  cut(bytes: Uint8Array): Uint8Array {
    const toMark = (this.#marks[0]?.at ?? Infinity) - this.#at
    const most = this.#flips ? 1 : Math.min(toMark, this.#paceLeft)
    if (!this.#hasEnd) return bytes.subarray(0, most)
    const length = Math.min(bytes.length, most, pieceBytes)
    return bytes.subarray(0, length === toMark && length > 1 ? length - 1 : length)
  }

  /** The bytes of a piece as they are sent. */
  pass(piece: Uint8Array): Uint8Array {
    this.#at += piece.length
    this.#keepPace(piece.length)
    if (!this.#flips || piece.length === 0) return piece
    this.#flips = false
    return piece.map((byte) => byte ^ 0xff)
  }

  /** A chunk of the body is out; where the length is not known it is a paced piece. */
  chunkIsOver(): void {
    if (this.#bending.pace !== undefined && this.#paceLeft === Infinity) this.#endPiece()
  }

  #keepPace(bytes: number): void {
    if (this.#bending.pace === undefined) return
    this.#paceBytes += bytes
    this.#paceLeft -= bytes
    if (this.#paceLeft <= 0) this.#endPiece()
  }

  #endPiece(): void {
    const { pace, bodyBytes } = this.#bending
    if (pace === undefined) return
    const now = performance.now()
    this.#dueAt = Math.max(this.#dueAt, now - lateMs) + pace.gapMs(this.#paceBytes)
    this.waitMs += Math.max(0, this.#dueAt - now)
    this.#paceBytes = 0
    this.#paceLeft = pace.nextBytes(bodyBytes)
  }
}
