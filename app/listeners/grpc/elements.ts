import type { PackageDefinition } from '@grpc/proto-loader'

/**
 * What an element of a repeated field or of a map costs in the heap: two bytes on the wire become an object, and
 * another one in the form that methods get.
 */
export const elementBytes = 256

/**
 * The most elements of one message, 2.5 MiB of heap. A message of 15 MiB can have 8 million, and one such message ended
 * a pod of 256 MiB.
 */
export const mostElements = 10_000

/** Counts elements of repeated fields and maps in an encoded message, up to one more than `mostElements`. */
export type CountElements = (bytes: Uint8Array) => number

/** The fields of a message type that may hold elements: their own, or those of messages within them. */
type Shape = ReadonlyMap<number, { readonly isRepeated: boolean; readonly within: Shape }>

/** A type as the loader describes it. The loader's own types omit this. */
interface Described {
  readonly field: readonly {
    readonly number: number
    readonly label: string
    readonly type: string
    /** Without the package. */
    readonly typeName: string
  }[]
}

/** How to count for a type of a .proto file, by its package and name. Undefined where there is nothing to count. */
export function elementCounter(
  types: PackageDefinition,
  [packageName, name]: readonly [packageName: string, name: string],
): CountElements | undefined {
  const shapeOf = (typeName: string, above: readonly string[]): Shape => {
    const found = types[`${packageName}.${typeName}`]
    const shape = new Map<number, { isRepeated: boolean; within: Shape }>()
    // A type that contains itself is not searched again.
    if (found === undefined || !('type' in found) || above.includes(typeName)) return shape
    for (const field of (found.type as Described).field) {
      const isRepeated = field.label === 'LABEL_REPEATED'
      const isMessage = field.type === 'TYPE_MESSAGE'
      const within = isMessage ? shapeOf(field.typeName, [...above, typeName]) : new Map()
      if (isRepeated || within.size > 0) shape.set(field.number, { isRepeated, within })
    }
    return shape
  }
  const shape = shapeOf(name, [])
  return shape.size === 0 ? undefined : (bytes) => new Scan(bytes).count(bytes.length, shape)
}

// Wire types (protobuf.dev/programming-guides/encoding).
const [varint, fixed64, lengthDelimited, fixed32] = [0, 1, 2, 5] as const

class Scan {
  readonly #bytes: Uint8Array
  #at = 0
  #found = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Stops at bytes that are not a message: the decoder reports them. */
  count(end: number, shape: Shape): number {
    while (this.#at < end && this.#found <= mostElements) {
      const tag = this.#varint()
      const field = shape.get(Math.floor(tag / 8))
      if (field?.isRepeated === true) this.#found++
      const kind = tag % 8
      if (kind === varint) this.#varint()
      else if (kind === fixed64) this.#at += 8
      else if (kind === fixed32) this.#at += 4
      else if (kind === lengthDelimited) this.#value(end, field?.within)
    }
    return this.#found
  }

  #value(end: number, within: Shape | undefined): void {
    const last = Math.min(end, this.#varint() + this.#at)
    if (within !== undefined && within.size > 0) this.count(last, within)
    this.#at = last
  }

  #varint(): number {
    let value = 0
    for (let place = 1; ; place *= 128) {
      const byte = this.#bytes[this.#at++] ?? 0
      value += (byte % 128) * place
      if (byte < 128) return value
    }
  }
}
