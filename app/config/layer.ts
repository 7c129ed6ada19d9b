/** A value as it was written, and where. */
export interface Given {
  readonly raw: string
  readonly origin: string
}

/** What one place says, by setting name. */
export type Layer = Map<string, Given>

/** A value without the spaces around it: that of a Secret often ends with a line end, as a file and as a variable. */
export function given(text: string, origin: string): Given {
  return { raw: text.trim(), origin }
}
