/** What the bad proxy can do wrong, each by its own switch, and the check that must find it. */
export const defects = {
  'retries-post': {
    finds: ['R2', 'R3', 'R5'],
    does: 'sends a POST again when its connection broke or it was 503',
  },
  'splices-retry': {
    finds: ['R8'],
    does: 'asks again when a body broke off, and appends the second answer',
  },
  'corrupts-byte': {
    finds: ['C5', 'C8', 'B1', 'B2', 'B3', 'B12'],
    does: 'inverts a byte of each body past 64 bytes',
  },
  'truncates-cleanly': {
    finds: ['F1', 'F2', 'F5', 'A5'],
    does: 'ends a body that broke off as if it were whole',
  },
  'buffers-streams': { finds: ['B7'], does: 'holds an answer back until it is whole' },
  'buffers-uploads': { finds: ['B7', 'X1', 'X2'], does: 'holds a request back until it is whole' },
  'drops-trailers': { finds: [], notes: { X7: /^Lost/ }, does: 'leaves trailers out' },
  'merges-trailers': {
    finds: [],
    notes: { X7: /^Merged/ },
    does: 'sends trailers as fields of the head',
  },
  'swallows-1xx': { finds: ['X4', 'X5'], does: 'forwards no interim answer' },
  'answers-100': { finds: ['X1', 'X2'], does: 'answers Expect itself' },
  'hides-aborts': {
    finds: ['A3'],
    does: 'tells the origin that an upload that broke off is whole',
  },
  'joins-set-cookie': { finds: ['H5'], does: 'joins Set-Cookie lines with commas' },
  'decodes-paths': { finds: ['H8'], does: 'decodes and normalises the path' },
  'forwards-hop-fields': { finds: ['H1', 'H2', 'X10'], does: 'forwards fields of one hop' },
  'reuses-after-close': {
    finds: ['C3', 'C6'],
    does: 'sends another request on a connection that was to close',
  },
  'forwards-length-with-chunks': {
    finds: ['F4'],
    does: 'forwards Content-Length beside Transfer-Encoding',
  },
  'loses-digests': { finds: ['B12'], does: 'leaves Content-Digest and Repr-Digest out' },
  'keeps-strong-etag': { finds: ['B11'], does: 'compresses and keeps the strong ETag' },
  'claims-hits': { finds: ['H18'], does: 'says Cache-Status: hit of what it asked the origin for' },
  'ignores-if-range': { finds: ['B3'], does: 'leaves If-Range out and keeps Range' },
  'mixes-answers': { finds: ['C8'], does: 'gives a client the answer of another now and then' },
} as const satisfies Readonly<Record<string, Signs>>

/** How a defect shows. */
interface Signs {
  /** The checks that fail, warn or lose their evidence. */
  readonly finds: readonly string[]
  /** What checks say that only tell: the rules leave it to the proxy. */
  readonly notes?: Readonly<Record<string, RegExp>>
  readonly does: string
}

export type Defect = keyof typeof defects

/** How each defect shows, by name. */
export const signs: Readonly<Record<Defect, Signs>> = defects
