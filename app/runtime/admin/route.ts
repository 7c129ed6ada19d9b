import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'

import type { AdminDescription } from '../../endpoints/openapi-admin.ts'

/** What is asked of a page of the admin port. */
export interface AdminRequest {
  readonly query: URLSearchParams
  /** What stands in the place of the path's parameter, decoded; '' for paths without one. */
  readonly rest: string
  readonly headers: IncomingHttpHeaders
  /** The whole body as text; undefined past 64 KiB. */
  readonly body: () => Promise<string | undefined>
  /** Aborted when the client has left. */
  readonly signal: AbortSignal
}

/** What it answers; a stream has no length. */
export interface AdminAnswer {
  readonly status?: number
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer | Readable
}

/** A method of a path of the admin port. All but GET change things, and what is guarded tells secrets: both need leave. */
export interface AdminRoute extends AdminDescription {
  /** Only a client that asks for HTML gets it; others get the list of pages as text. */
  readonly isForBrowsers?: boolean
  readonly answer: (
    request: AdminRequest,
    response: ServerResponse,
  ) => AdminAnswer | undefined | Promise<AdminAnswer | undefined>
}
