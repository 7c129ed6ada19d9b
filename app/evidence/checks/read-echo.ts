import type { Answer, Fields } from '../client/answer.ts'

/** What an echo says, as far as verify reads it. */
export interface Echo {
  readonly _myhostname: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly http_version: string
  readonly source_addr: string
  readonly listener: string
  readonly raw_headers?: Fields
}

/** The JSON of an echo; undefined where an answer is no echo. */
export function readEcho(answer: Answer | undefined): Echo | undefined {
  try {
    const told = JSON.parse(answer?.body.toString() ?? '') as Partial<Echo>
    return told._myhostname === undefined ? undefined : (told as Echo)
  } catch {
    return undefined
  }
}
