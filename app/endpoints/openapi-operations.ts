import { type ErrorCode, errorCodes } from '../errors.ts'
import { type Answer, type Described, type Schema, bytesBody } from './answers.ts'
import { type Endpoint, type Parameter, errorSchema } from './endpoint.ts'

/** The parts of a row that its description is made of. */
export type DescribedRow = Described &
  Pick<Endpoint, 'id' | 'path' | 'summary' | 'parameters' | 'examples' | 'reads' | 'methods'>

// The methods with which OpenAPI can express "any method"; the others answer the same.
const anyMethod = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']

// RFC 9110 gives a body a meaning only with these methods.
const bodyMethods = new Set(['POST', 'PUT', 'PATCH'])

/** Response objects by name; each is described once, and operations refer to it. */
export type Responses = Map<string, object>

/** The path item of a row at one of its paths; `id` begins the operationIds. */
export function pathItem(
  row: DescribedRow,
  {
    path,
    id,
    responses,
  }: { readonly path: string; readonly id: string; readonly responses: Responses },
): object {
  const methods = row.methods ?? anyMethod
  const operations = methods.map((method) => {
    const name = method.toLowerCase()
    const isHead = method === 'HEAD'
    return [
      name,
      {
        operationId: `${id}-${name}`,
        tags: [row.group],
        summary: row.summary,
        ...(row.reads !== 'nothing' && bodyMethods.has(method) && { requestBody: bodyOf(row) }),
        responses: isHead ? headResponses(row) : referredResponses(row, responses),
      },
    ] as const
  })
  return { parameters: parametersAt(row, path), ...Object.fromEntries(operations) }
}

function parametersAt(row: DescribedRow, path: string): readonly object[] {
  const here = Object.entries(row.parameters).filter(
    ([name, { in: place }]) => place === 'query' || path.includes(`{${name}}`),
  )
  return [
    ...here.map(([name, parameter]) => parameterObject(name, parameter)),
    ...Object.entries(row.requestHeaders ?? {}).map(([name, doc]) => headerParameter(name, doc)),
    requestId,
  ]
}

/** A header of every request. It is not in the row, because no row reads it. */
const requestId = {
  name: 'X-Request-ID',
  in: 'header',
  required: false,
  description: 'Comes back in the answer when it is 1 to 128 visible ASCII characters',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
}

const anyBody = {
  description: 'Any bytes, of any media type',
  required: false,
  content: {
    'application/json': { schema: {} },
    'text/plain': { schema: { type: 'string' } },
    'application/octet-stream': { schema: bytesBody },
  },
}

function bodyOf({ body }: DescribedRow): object {
  if (body === undefined) return anyBody
  return { required: true, content: { 'application/json': { schema: body } } }
}

function parameterObject(name: string, { in: place, codec, doc }: Parameter): object {
  const { default: fallback, ...required } = codec.schema
  return {
    name,
    in: place,
    required: place === 'path',
    description: `${doc}; ${codec.allowed}`,
    // A path that contains the parameter does not need its default.
    schema: place === 'path' || fallback === undefined ? required : codec.schema,
  }
}

function headerParameter(name: string, doc: string): object {
  return { name, in: 'header', required: false, description: doc, schema: { type: 'string' } }
}

/** The refusals that any row may answer, by what it has. */
function refusalsOf(row: DescribedRow): ReadonlySet<ErrorCode> {
  return new Set<ErrorCode>([
    'INVALID_REQUEST',
    'EXPECTATION_FAILED',
    'INTERNAL_ERROR',
    ...(row.methods === undefined ? [] : (['METHOD_NOT_ALLOWED'] as const)),
    ...(row.reads === 'nothing' ? [] : (['PAYLOAD_TOO_LARGE', 'SERVICE_OVERLOADED'] as const)),
    ...(row.refusals ?? []),
  ])
}

type Statuses = readonly (readonly [status: string, answers: readonly Answer[]])[]

// For each status, the row's own answer and its refusals.
function statusesOf(row: DescribedRow): Statuses {
  const refused = new Set<number>([...refusalsOf(row)].map((code) => errorCodes[code].http))
  const all = new Set([...Object.keys(row.answers), ...[...refused].map(String)])
  return [...all].toSorted().map((status) => {
    const own = answerOf(row, status)
    const refusal = refused.has(Number(status)) ? refusalAnswer(Number(status)) : undefined
    return [status, [own, refusal].filter((answer) => answer !== undefined)]
  })
}

function referredResponses(row: DescribedRow, responses: Responses): object {
  const references = statusesOf(row).map(([status, answers]) => {
    const isOwn = answerOf(row, status) !== undefined
    const name = isOwn ? `${row.id}-${status}` : `refused-${status}`
    responses.set(name, response(answers))
    return [status, { $ref: `#/components/responses/${name}` }] as const
  })
  return Object.fromEntries(references)
}

// An answer to HEAD has no body (RFC 9110 9.3.2).
function headResponses(row: DescribedRow): object {
  return Object.fromEntries(
    statusesOf(row).map(([status, answers]) => {
      const bodiless = answers.map(({ content: _content, ...head }) => head)
      return [status, response(bodiless)]
    }),
  )
}

// A status of a class that a refusal has, too, may be either.
function answerOf({ answers }: DescribedRow, status: string): Answer | undefined {
  const byStatus = answers as Readonly<Record<string, Answer | undefined>>
  return byStatus[status] ?? byStatus[`${status[0]}XX`]
}

/** One response object of one or two kinds of answers with the same status. */
export function response(answers: readonly Answer[]): object {
  const headers = Object.assign({}, ...answers.map((answer) => answer.headers ?? {})) as object
  const types = [...new Set(answers.flatMap(({ content = {} }) => Object.keys(content)))]
  return {
    description: answers.map((answer) => answer.description).join('; or: '),
    ...(Object.keys(headers).length > 0 && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [
          name,
          { description: text as string, schema: { type: 'string' } },
        ]),
      ),
    }),
    ...(types.length > 0 && {
      content: Object.fromEntries(types.map((type) => [type, { schema: either(answers, type) }])),
    }),
  }
}

function either(answers: readonly Answer[], type: string): Schema {
  const given = answers.map(({ content }) => content?.[type]).filter((one) => one !== undefined)
  const schemas = [...new Set(given)]
  const [only, ...others] = schemas
  return only !== undefined && others.length === 0 ? only : { anyOf: schemas }
}

function refusalAnswer(status: number): Answer {
  const codes = Object.entries(errorCodes).filter(([, { http }]) => http === status)
  return {
    description: codes.map(([code, { meaning }]) => `${code}: ${meaning}`).join('; '),
    headers: {
      'X-Request-ID': 'The id of this request',
      ...(status === 405 && { Allow: 'The methods that are allowed' }),
      ...(status === 429 && {
        'Retry-After': 'Seconds until there is room for another',
        'RateLimit-Policy': 'How many requests there may be (q) in so many seconds (w)',
        RateLimit: 'How many are left (r) for so many seconds (t)',
      }),
    },
    content: { 'application/json': errorSchema },
  }
}
