/** A value as it was written, and its place. */
export interface Given {
  readonly raw: string
  readonly origin: string
}

/** What one place sets, by the names of settings. */
export type Layer = Map<string, Given>

/** A value without the spaces around it: a Secret often ends with a line end, as a file and as a variable. */
export function given(text: string, origin: string): Given {
  return { raw: text.trim(), origin }
}
