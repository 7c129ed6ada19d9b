import { type Hash, createHash } from 'node:crypto'

/** The fields that carry digests (RFC 9530); of a request, both are over the bytes of its body. */
export const digestFields = ['Content-Digest', 'Repr-Digest'] as const

export type DigestField = (typeof digestFields)[number]

// The algorithms that RFC 9530 5 calls active, and what Node calls them. The others are told as not checked.
const hashNames: ReadonlyMap<string, string> = new Map([
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
])

/** One digest that a sender gave, and what came of it. */
export interface CheckedDigest {
  readonly field: DigestField
  readonly where: 'header' | 'trailer'
  /** Null when the field cannot be read. */
  readonly algorithm: string | null
  /** Null when it could not be checked; `why` says so. */
  readonly ok: boolean | null
  /** In base64, as in the field. */
  readonly given: string | null
  readonly computed: string | null
  readonly why?: string
}

interface Given {
  readonly field: DigestField
  readonly where: CheckedDigest['where']
  readonly algorithm: string | undefined
  readonly digest: string
}

// A member of a dictionary whose value is bytes (RFC 8941 3.2, 3.3.5). Parameters are passed over.
const member = /^[ \t]*([a-z*][a-z\d_.*-]*)=:([A-Za-z\d+/=]*):(?:;[^,]*)?[ \t]*$/

// A hash for each algorithm is all that is kept, however many members a field has.
const mostMembers = 16

/**
 * Checks a body against the digests its sender gave in header or trailer (RFC 9530). Hashes only what is announced: an
 * algorithm that a header names, all of them when `Trailer` announces a digest.
 */
export class DigestCheck {
  readonly #hashes = new Map<string, Hash>()
  readonly #computed = new Map<string, string>()
  readonly #given: readonly Given[]

  /** `header` gives all lines of a header as one list, by lower-case name; '' when there is none. */
  constructor(header: (name: string) => string) {
    this.#given = readGiven(header, 'header')
    const announced = header('trailer').toLowerCase()
    const isInTrailer = digestFields.some((field) => announced.includes(field.toLowerCase()))
    const named = this.#given.flatMap(({ algorithm }) => algorithm ?? [])
    const wanted = isInTrailer ? [...hashNames.keys()] : named
    for (const algorithm of wanted) {
      const name = hashNames.get(algorithm)
      if (name !== undefined) this.#hashes.set(algorithm, createHash(name))
    }
  }

  take(piece: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(piece)
  }

  /** What came of each digest, once the body is whole; `trailer` is like `header`. */
  results(trailer: (name: string) => string): readonly CheckedDigest[] {
    return [...this.#given, ...readGiven(trailer, 'trailer')].map((given) => this.#check(given))
  }

  #check({ field, where, algorithm, digest }: Given): CheckedDigest {
    if (algorithm === undefined) {
      const why = 'not a dictionary of byte sequences, such as sha-256=:BASE64: (RFC 9530 2)'
      return { field, where, algorithm: null, ok: null, given: digest, computed: null, why }
    }
    const told = { field, where, algorithm, given: digest }
    if (!hashNames.has(algorithm)) {
      const why = `only ${[...hashNames.keys()].join(' and ')} are checked`
      return { ...told, ok: null, computed: null, why }
    }
    const computed = this.#digestOf(algorithm)
    if (computed === undefined) {
      const why = 'the trailer was not announced by Trailer, so nothing was hashed'
      return { ...told, ok: null, computed: null, why }
    }
    // Bytes, not texts: senders may leave out the padding.
    const isSame = Buffer.from(digest, 'base64').equals(Buffer.from(computed, 'base64'))
    return { ...told, ok: isSame, computed }
  }

  #digestOf(algorithm: string): string | undefined {
    const known = this.#computed.get(algorithm)
    if (known !== undefined) return known
    const digest = this.#hashes.get(algorithm)?.digest('base64')
    if (digest !== undefined) this.#computed.set(algorithm, digest)
    return digest
  }
}

/** Whether the digests that could be checked are right; null when there was none of those. */
export function allRight(results: readonly CheckedDigest[]): boolean | null {
  const checked = results.flatMap(({ ok }) => ok ?? [])
  return checked.length === 0 ? null : checked.every(Boolean)
}

function readGiven(value: (name: string) => string, where: Given['where']): readonly Given[] {
  return digestFields.flatMap((field): readonly Given[] => {
    const text = value(field.toLowerCase())
    if (text === '') return []
    const members = text.split(',', mostMembers + 1).map((part) => member.exec(part))
    if (members.length > mostMembers || members.includes(null)) {
      return [{ field, where, algorithm: undefined, digest: text.slice(0, 256) }]
    }
    return members.map((match) => ({
      field,
      where,
      algorithm: match?.[1] ?? '',
      digest: match?.[2] ?? '',
    }))
  })
}
