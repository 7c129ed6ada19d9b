import { createRequire } from 'node:module'

import type * as Yaml from 'yaml'

import { shorten } from './problems.ts'

/** A value of a document, by its dotted name. */
export interface Leaf {
  readonly name: string
  /** The text as it stands in the document: `00012345`, `1.10`, `True`; undefined for a list or a mapping. */
  readonly raw: string | undefined
  /** The same as YAML understands it, as text: `12345`, `1.1`, `true`. */
  readonly plain: string
}

// Aliases of aliases can turn a few lines into billions of values.
const mostValues = 10_000

// The deepest setting is at level three.
const mostLevels = 16

const longestName = 256

/**
 * The values of a document of YAML 1.2 or JSON, in its order; empty ones are left out. `isSetting` says
 * at which names to stop. Merge keys (`<<`) are followed; top-level names that begin with `x-` are for
 * anchors, as in Compose files, and are left out.
 *
 * Throws an Error with one sentence when the document cannot be read, refers to itself or is too large.
 */
export function readYaml(text: string, isSetting: (name: string) => boolean): readonly Leaf[] {
  // Loaded when there is something to read: 9 MiB that most origins would hold for nothing.
  const yaml = createRequire(import.meta.url)('yaml') as typeof Yaml
  const lines = new yaml.LineCounter()
  // The library's own check for repeated names and its quoting of errors take quadratic time: 62 s for 256 KiB of
  // braces. We check for repeated names ourselves, and quote nothing, which might be a secret.
  const document = yaml.parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    strict: true,
  })
  const [error] = document.errors
  if (error?.code === 'MULTIPLE_DOCS') {
    throw new Error('it holds more than one document (---); use one')
  }
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    throw new Error(`${error.message} at line ${line}, column ${col}`)
  }
  return new Walk(yaml, document, isSetting).leaves()
}

type Node = Yaml.Node | null

class Walk {
  readonly #yaml: typeof Yaml
  readonly #document: Yaml.Document.Parsed
  readonly #isSetting: (name: string) => boolean
  readonly #targets = new Map<Yaml.Alias, Yaml.Node>()
  /** Open collections, the outermost first. */
  readonly #open = new Set<Yaml.Node>()
  readonly #leaves: Leaf[] = []
  #values = 0

  constructor(
    yaml: typeof Yaml,
    document: Yaml.Document.Parsed,
    isSetting: (name: string) => boolean,
  ) {
    this.#yaml = yaml
    this.#document = document
    this.#isSetting = isSetting
  }

  leaves(): readonly Leaf[] {
    this.#findTargets()
    this.#visit(this.#document.contents, '')
    return this.#leaves
  }

  // An alias means the last node before it that has its anchor. The library searches the document for each alias; this
  // searches once for all.
  #findTargets(): void {
    const anchors = new Map<string, Yaml.Node>()
    const note = (node: Yaml.Node): void => {
      if (!this.#yaml.isAlias(node)) {
        if (node.anchor !== undefined) anchors.set(node.anchor, node)
        return
      }
      const target = anchors.get(node.source)
      if (target !== undefined) this.#targets.set(node, target)
    }
    this.#yaml.visit(this.#document, { Node: (_key, node) => note(node) })
  }

  #visit(given: unknown, name: string): void {
    const node = this.#resolve(given, name)
    if (this.#yaml.isScalar(node)) return this.#take(node, name)
    if (!this.#yaml.isMap(node) || this.#isSetting(name)) {
      if (node !== null) this.#leaves.push({ name, raw: undefined, plain: '' })
      return
    }
    this.#within(node, name, () => {
      for (const [key, value] of this.#entriesOf(node, name)) {
        if (name === '' && key.startsWith('x-')) continue
        this.#visit(value, name === '' ? key : `${name}.${key}`)
      }
    })
  }

  #take({ value, source = '' }: Yaml.Scalar, name: string): void {
    if (value === null) return
    const isPlain = typeof value === 'number' || typeof value === 'boolean'
    this.#leaves.push({ name, raw: source, plain: isPlain ? String(value) : source })
  }

  /** The entries of a mapping and those that it merges. Its own entries win, and of several merged ones the first. */
  #entriesOf(map: Yaml.YAMLMap, name: string): ReadonlyMap<string, unknown> {
    const own = new Map<string, unknown>()
    const merged: Yaml.YAMLMap[] = []
    for (const { key, value } of map.items) {
      this.#count(name)
      if (this.#isMerge(key)) {
        merged.push(...this.#mergedMaps(value, name))
        continue
      }
      const text = this.#nameOf(key, name)
      if (own.has(text)) throw new Error(`${placeOf(name)} has ${shorten(text)} twice`)
      own.set(text, value)
    }
    for (const other of merged) {
      this.#within(other, name, () => {
        for (const [key, value] of this.#entriesOf(other, name)) {
          if (!own.has(key)) own.set(key, value)
        }
      })
    }
    return own
  }

  #isMerge(key: unknown): boolean {
    // In quotes it is a name like any other.
    return this.#yaml.isScalar(key) && key.value === '<<' && key.type === 'PLAIN'
  }

  #mergedMaps(value: unknown, name: string): readonly Yaml.YAMLMap[] {
    const node = this.#resolve(value, name)
    const given = this.#yaml.isSeq(node) ? node.items : [node]
    return given.map((one) => {
      const map = this.#resolve(one, name)
      if (this.#yaml.isMap(map)) return map
      throw new Error(`<< in ${placeOf(name)} takes a mapping, or a list of mappings`)
    })
  }

  #nameOf(key: unknown, name: string): string {
    const node = this.#resolve(key, name)
    if (!this.#yaml.isScalar(node)) throw new Error(`${placeOf(name)} has a name that is no text`)
    const text = node.source ?? String(node.value)
    if (text.length <= longestName) return text
    throw new Error(
      `${placeOf(name)} has a name of ${text.length} characters, more than ${longestName}`,
    )
  }

  #resolve(given: unknown, name: string): Node {
    if (!this.#yaml.isAlias(given)) return given as Node
    const target = this.#targets.get(given)
    if (target === undefined) {
      throw new Error(
        `${placeOf(name)} refers to *${shorten(given.source)}, which is nowhere before it`,
      )
    }
    if (this.#open.has(target)) {
      throw new Error(`${placeOf(name)} refers to itself (*${shorten(given.source)})`)
    }
    return target
  }

  #within(node: Yaml.Node, name: string, look: () => void): void {
    if (this.#open.has(node)) throw new Error(`${placeOf(name)} refers to itself`)
    if (this.#open.size === mostLevels) {
      throw new Error(`${placeOf(name)} is nested more than ${mostLevels} levels deep`)
    }
    this.#open.add(node)
    look()
    this.#open.delete(node)
  }

  #count(name: string): void {
    if (++this.#values <= mostValues) return
    throw new Error(
      `it comes to more than ${mostValues} values, aliases followed, at ${placeOf(name)}`,
    )
  }
}

function placeOf(name: string): string {
  return name === '' ? 'the document' : shorten(name)
}
