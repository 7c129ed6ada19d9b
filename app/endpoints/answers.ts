import type { ErrorCode } from '../errors.ts'

/** A JSON Schema (2020-12). A schema with a `title` is described once, under that name, and referred to. */
export type Schema = Readonly<Record<string, unknown>>

/** What one status of a row looks like to a client. */
export interface Answer {
  readonly description: string
  /** Response headers by name, each with its meaning. */
  readonly headers?: Readonly<Record<string, string>>
  /** The body by media type; none when absent. */
  readonly content?: Readonly<Record<string, Schema>>
}

/** Answers by status, or by class of statuses where the client chooses the status (`5XX`). */
export type Answers = Readonly<Partial<Record<number | `${1 | 2 | 3 | 4 | 5}XX`, Answer>>>

/** The groups that documents sort the endpoints into, with what each is for. */
export const groups = {
  echo: 'What the origin received, as JSON',
  payload: 'Bodies of any size and speed',
  stream: 'Events and chunks, one by one',
  work: 'Work that takes time, done by the compute pool',
  failure: 'Delays, statuses and broken answers, on request',
  client: 'What clients are tried with: redirects, cookies, caches, codings and credentials',
  ai: 'Answers of AI providers, for AI gateways: streamed or whole, in time or late, right or broken',
  protocol: 'Rare parts of HTTP; only the wire listener has them',
  websocket: 'WebSocket endpoints; a plain request is refused',
  evidence: 'What arrived, as proof of what a proxy did',
  state: 'Health, help and numbers',
  admin: 'The admin port: probes, metrics, settings, profiles and switches',
} as const

export type Group = keyof typeof groups

/** What documents show of a row besides its path and parameters. */
export interface Described {
  readonly group: Group
  /** All statuses the row answers by itself. Refusals are in `refusals` or follow from the row. */
  readonly answers: Answers
  /** Codes of the refusals that `handle` throws. */
  readonly refusals?: readonly ErrorCode[]
  /** The JSON that the row takes for a body; anything when absent. */
  readonly body?: Schema
  /** Request headers that the row reads, with what each does. */
  readonly requestHeaders?: Readonly<Record<string, string>>
}

/** Codes of the refusals of work that the compute pool did not do (Pool.run). */
export const poolRefusals = [
  'TIMEOUT',
  'SERVICE_OVERLOADED',
  'PROCESSING_ERROR',
  'DRAINING',
] as const satisfies readonly ErrorCode[]

/** A body that is bytes, of any media type. */
export const bytesBody: Schema = { type: 'string', format: 'binary' }

/** A body that is text. */
export const textBody: Schema = { type: 'string' }

/**
 * Server-sent events; without a type, because readers disagree on whether it is the type of the text or of one event.
 */
export const eventsBody: Schema = { description: 'Server-sent events' }

/** A JSON object in which all of these fields are always there. */
export function objectOf(properties: Readonly<Record<string, Schema>>, title?: string): Schema {
  return {
    ...(title !== undefined && { title }),
    type: 'object',
    required: Object.keys(properties),
    properties,
  }
}

/** The same object with fields that may be missing. */
export function withOptional(schema: Schema, properties: Readonly<Record<string, Schema>>): Schema {
  const known = schema['properties'] as Readonly<Record<string, Schema>>
  return { ...schema, properties: { ...known, ...properties } }
}

/** The header of every answer that names the request. */
export const requestIdHeader = {
  'X-Request-ID': 'The id of this request: the one the client sent, or a new UUID',
}

/** The answers of an endpoint whose client chooses the status; 204 and 304 have no body (RFC 9110 15.3.5, 15.4.5). */
export function anyStatus(answer: Answer): Answers {
  const { content: _content, ...bodiless } = answer
  const classes = { '2XX': answer, '3XX': answer, '4XX': answer, '5XX': answer } as const
  return { ...classes, 200: answer, 204: bodiless, 304: bodiless }
}
