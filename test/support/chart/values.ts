import { readFileSync } from 'node:fs'

import { isMap, isScalar, parseDocument } from 'yaml'

import { ownSchema } from './values-schema.ts'

/** One value of the chart that is documented, checked and used as a whole. */
export interface ChartValue {
  /** `image.pullPolicy` */
  readonly path: string
  readonly default: unknown
  /** The comment above it in values.yaml. */
  readonly doc: string
}

/** The chart's folder from the root of the project. */
export const chart = 'charts/hpdummy'

/** Every value of values.yaml: each scalar and list, and each map that has a schema of its own. */
export function chartValues(): readonly ChartValue[] {
  const document = parseDocument(readFileSync(`${chart}/values.yaml`, 'utf8'))
  return valuesOf(document.contents, '')
}

function valuesOf(node: unknown, prefix: string): readonly ChartValue[] {
  if (!isMap(node)) throw new Error(`values.yaml: ${prefix} is no map`)
  return node.items.flatMap((pair, index) => {
    const { key, value } = pair
    if (!isScalar(key)) throw new Error(`values.yaml: a key below ${prefix} is no text`)
    const path = `${prefix}${String(key.value)}`
    if (isMap(value) && value.items.length > 0 && ownSchema(path) === undefined) {
      return valuesOf(value, `${path}.`)
    }
    // A comment above the first key of a map is the map's.
    const comment = key.commentBefore ?? (index === 0 ? node.commentBefore : undefined) ?? ''
    // Blank lines part the comment of a section from that of a value.
    const doc = (comment.split('\n\n').at(-1) ?? '').replaceAll(/\s+/g, ' ').trim()
    const plain = (value as { toJSON(): unknown } | null)?.toJSON()
    return [{ path, default: plain, doc }]
  })
}
