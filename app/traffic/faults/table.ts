import type { Fault, Plan } from './plan.ts'
import { truncate } from './truncate.ts'

/** Every fault that HTTP has. */
export const faults: readonly Fault[] = [truncate]

/** The plan that a text such as `truncate@1024` asks for; undefined when it cannot be read. */
export function parseFault(text: string): Plan | undefined {
  const [name = '', ...values] = text.split('@')
  const fault = faults.find((known) => known.name === name)
  return values.length === 1 ? fault?.parse(values[0] ?? '') : undefined
}
