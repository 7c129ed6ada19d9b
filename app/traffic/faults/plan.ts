/**
 * How an answer is bent, as plain values: what the faults of an exchange come to. Endpoints know nothing of it; each
 * listener carries out what its protocol has, in one place.
 */
export interface Plan {
  /** HTTP: after this many bytes of the body the connection ends; on HTTP/2 the stream does. */
  readonly cutAt?: number
  /** gRPC: milliseconds before anything else. */
  readonly delayMs?: number
  /** gRPC: GOAWAY is sent, and the connection ends when its calls have. */
  readonly hasGoaway?: boolean
  /** gRPC: the code of the RST_STREAM that ends the call. */
  readonly rstStream?: number
  /** gRPC: the status that the call fails with. */
  readonly grpcStatus?: number
  /** TCP: the connection is reset (RST) once it has received this many bytes. */
  readonly resetAfterBytes?: number
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
