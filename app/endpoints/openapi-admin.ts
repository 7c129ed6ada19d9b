import type { Answer, Answers, Schema } from './answers.ts'
import { response } from './openapi-operations.ts'

/** What documents say of a path of the admin port. */
export interface AdminDescription {
  readonly path: string
  readonly method: 'GET' | 'POST'
  /** '' for parts of pages, which are not described. */
  readonly summary: string
  readonly isGuarded?: boolean
  /** Statuses of its own; those of the guard are added. */
  readonly answers: Answers
  readonly query?: Readonly<Record<string, QueryDescription>>
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
  return routes
    .filter(({ summary }) => summary !== '')
    .map((route) => [route.path, { [route.method.toLowerCase()]: operation(route) }])
}

const text = { 'text/plain': { type: 'string' } }
const guard: Answers = {
  401: { description: 'The token is wrong or missing', content: text },
  403: { description: 'Without admin.token, this is for loopback only', content: text },
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
  query = {},
}: AdminDescription): object {
  const needsLeave = method === 'POST' || isGuarded === true
  const all = { ...answers, ...(needsLeave && guard), ...always }
  return {
    operationId: `admin-${path.slice(1).replaceAll(/\W+/g, '-')}-${method.toLowerCase()}`,
    tags: ['admin'],
    summary,
    // Either the token, or none from loopback.
    security: needsLeave ? [{ adminToken: [] }, {}] : [],
    parameters: Object.entries(query).map(([name, { doc, schema, isRequired }]) => ({
      name,
      in: 'query',
      required: isRequired === true,
      description: doc,
      schema,
    })),
    responses: Object.fromEntries(
      Object.entries(all as Readonly<Record<string, Answer>>).map(([status, answer]) => [
        status,
        response([answer]),
      ]),
    ),
  }
}
