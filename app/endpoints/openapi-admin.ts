import type { Answer, Answers, Schema } from './answers.ts'
import { response } from './openapi-operations.ts'

/** What documents show of a path of the admin port. */
export interface AdminDescription {
  readonly path: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** '' for parts of pages, which are not described. */
  readonly summary: string
  readonly isGuarded?: boolean
  /** Statuses of its own; those of the guard are added. */
  readonly answers: Answers
  /** The parameter that the path ends in: `/ledger/{id}`. */
  readonly rest?: string
  readonly query?: Readonly<Record<string, QueryDescription>>
  /** Unknown parameters are ignored; without it they are refused. */
  readonly takesAnyQuery?: true
  /** The body of methods that have one. */
  readonly body?: Answer['content']
}

/** A query parameter of the admin port. */
export interface QueryDescription {
  readonly doc: string
  readonly schema: Schema
  readonly isRequired?: true
}

/** The path items of the admin port. */
export function adminPaths(
  routes: readonly AdminDescription[],
): readonly (readonly [path: string, item: object])[] {
  const shown = routes.filter(({ summary }) => summary !== '')
  return [...Map.groupBy(shown, ({ path }) => path)].map(([path, methods]) => [
    path,
    Object.fromEntries(methods.map((route) => [route.method.toLowerCase(), operation(route)])),
  ])
}

const text = { 'text/plain': { type: 'string' } }
const guard: Answers = {
  401: { description: 'The token is wrong or missing', content: text },
  403: { description: 'Without admin.token, this is for loopback only', content: text },
}

const namesChecked: Answers = {
  400: { description: 'There is no such query parameter', content: text },
}

const always: Answers = {
  405: { description: 'Another method', headers: { Allow: 'The one to use' }, content: text },
  500: { description: 'The page cannot be made', content: text },
}

function operation({
  path,
  method,
  summary,
  isGuarded,
  answers,
  rest,
  query = {},
  takesAnyQuery,
  body,
}: AdminDescription): object {
  const needsLeave = method !== 'GET' || isGuarded === true
  const all = {
    ...(takesAnyQuery !== true && namesChecked),
    ...answers,
    ...(needsLeave && guard),
    ...always,
  }
  return {
    operationId: `admin-${path.slice(1).replaceAll(/\W+/g, '-')}-${method.toLowerCase()}`,
    tags: ['admin'],
    summary,
    // Either the token, or no token from loopback.
    security: needsLeave ? [{ adminToken: [] }, {}] : [],
    parameters: [...pathParameter(path, rest), ...queryParameters(query)],
    ...(body && {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          Object.entries(body).map(([type, schema]) => [type, { schema }]),
        ),
      },
    }),
    responses: Object.fromEntries(
      Object.entries(all as Readonly<Record<string, Answer>>).map(([status, answer]) => [
        status,
        response([answer]),
      ]),
    ),
  }
}

function pathParameter(path: string, description: string | undefined): readonly object[] {
  const name = /\{(\w+)\}$/.exec(path)?.[1]
  if (name === undefined) return []
  return [{ name, in: 'path', required: true, description, schema: { type: 'string' } }]
}

function queryParameters(query: NonNullable<AdminDescription['query']>): readonly object[] {
  return Object.entries(query).map(([name, { doc, schema, isRequired }]) => ({
    name,
    in: 'query',
    required: isRequired === true,
    description: doc,
    schema,
  }))
}
