import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { parse } from 'yaml'

import { crdFiles } from '../support/chart/crds.ts'

const cache = fileURLToPath(new URL('../../.cache/kubernetes-schemas/', import.meta.url))

/** The oldest Kubernetes the chart is for, and the one test/tools builds. */
export const kubernetesVersions: readonly string[] = ['1.29.15', toolsVersion()]

interface Schema {
  readonly [key: string]: unknown
}

/** kubeconform's `-schema-location` for this version; the schemas are made when they are not there. */
export function schemaLocation(version: string): string {
  const crds = crdFiles()
  const key = createHash('sha256').update(crds.join()).digest('hex').slice(0, 8)
  const directory = join(cache, `${version}-${key}`)
  if (!existsSync(directory)) {
    // Beside its place until it is whole: another test may look at the same time.
    const unfinished = `${directory}.${process.pid}`
    for (const [path, schema] of [...builtIn(version), ...crds.flatMap(custom)]) {
      const file = join(unfinished, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, JSON.stringify(schema))
    }
    if (!existsSync(directory)) renameSync(unfinished, directory)
  }
  return join(directory, '{{.Group}}', '{{.ResourceKind}}_{{.ResourceAPIVersion}}.json')
}

type Named = readonly [path: string, schema: Schema]

// Kubernetes keeps the schema of its API beside its code, and the code is in the Go module proxy: `go mod
// download` brings both, checked by Go's own sums. Nothing is built.
function builtIn(version: string): readonly Named[] {
  const file = join(moduleFolder(`k8s.io/kubernetes@v${version}`), 'api/openapi-spec/swagger.json')
  const { definitions } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly definitions: Readonly<Record<string, Schema>>
  }
  return Object.entries(definitions).flatMap(([name, definition]) => {
    const kinds = (definition['x-kubernetes-group-version-kind'] ?? []) as readonly {
      readonly group: string
      readonly kind: string
      readonly version: string
    }[]
    // Lists of options and the like belong to many groups, and are no manifests.
    return kinds.length === 1
      ? kinds.map((kind) => [schemaPath(kind), withParts(name, definitions)] as const)
      : []
  })
}

/** The definition and all it refers to, each refusing what it does not know. */
function withParts(name: string, definitions: Readonly<Record<string, Schema>>): Schema {
  const parts: Record<string, Schema> = {}
  const visit = (part: string): void => {
    if (parts[part] !== undefined) return
    const strict = strictSchema(quirks[part] ?? definitions[part] ?? {})
    parts[part] = strict
    for (const [, next = ''] of JSON.stringify(strict).matchAll(/"#\/definitions\/([^"]+)"/g)) {
      visit(next)
    }
  }
  visit(name)
  return { ...parts[name], definitions: parts }
}

// Kubernetes reads these two by hand, and its schema says less than it takes.
const quirks: Readonly<Record<string, Schema>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: ['integer', 'string'] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: ['number', 'string'] },
}

function custom(file: string): readonly Named[] {
  return readFileSync(file, 'utf8')
    .split(/^---$/m)
    .map((text) => parse(text) as CustomResourceDefinition | null)
    .flatMap((definition) =>
      definition?.kind === 'CustomResourceDefinition'
        ? definition.spec.versions.map(({ name, schema }): Named => {
            const { group, names } = definition.spec
            const path = schemaPath({ group, kind: names.kind, version: name })
            return [path, strictSchema(schema.openAPIV3Schema)]
          })
        : [],
    )
}

interface CustomResourceDefinition {
  readonly kind: string
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly {
      readonly name: string
      readonly schema: { readonly openAPIV3Schema: Schema }
    }[]
  }
}

/** The same, with no unknown property anywhere its author did not allow one. */
function strictSchema(schema: Schema): Schema {
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, strictPart(key, value)]),
  )
  const isClosed =
    schema['properties'] !== undefined &&
    schema['additionalProperties'] === undefined &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true
  return isClosed ? { ...copy, additionalProperties: false } : copy
}

function strictPart(key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (key === 'properties') {
    const entries = Object.entries(value as Record<string, Schema>)
    return Object.fromEntries(entries.map(([name, part]) => [name, strictSchema(part)]))
  }
  return key === 'items' || key === 'additionalProperties' ? strictSchema(value as Schema) : value
}

function schemaPath(of: {
  readonly group: string
  readonly kind: string
  readonly version: string
}): string {
  // kubeconform's group of the core is its version.
  return join(
    of.group === '' ? of.version : of.group,
    `${of.kind.toLowerCase()}_${of.version}.json`,
  )
}

function moduleFolder(module: string): string {
  const { stdout, stderr } = spawnSync('go', ['mod', 'download', '-json', module], {
    encoding: 'utf8',
  })
  const { Dir, Error: reason } = JSON.parse(stdout === '' ? '{}' : stdout) as {
    readonly Dir?: string
    readonly Error?: string
  }
  if (Dir === undefined) throw new Error(`${module}: ${reason ?? stderr}`)
  return Dir
}

function toolsVersion(): string {
  const file = new URL('../tools/kubernetes/go.mod', import.meta.url)
  const version = /^\s*k8s\.io\/kubernetes v(\S+)/m.exec(readFileSync(file, 'utf8'))?.[1]
  if (version === undefined) throw new Error('test/tools/kubernetes/go.mod names no Kubernetes')
  return version
}
