/**
 * How an answer is bent, as plain values: what the faults of an exchange come to. Endpoints know nothing of it; each
 * listener carries it out in one place.
 */
export interface Plan {
  /** After this many bytes of the body the connection ends; on HTTP/2 the stream does. */
  readonly cutAt?: number
}

/** One kind of fault: one file, listed in table.ts. */
export interface Fault {
  readonly name: string
  /** As a client writes it. */
  readonly example: string
  /** One sentence: what happens to the answer. */
  readonly effect: string
  /** What RFC 9110 and its kin say a proxy should make of it; one sentence. */
  readonly proxy: string
  /** The plan that the text after `name@` asks for; undefined when it cannot be read. */
  readonly parse: (value: string) => Plan | undefined
}
