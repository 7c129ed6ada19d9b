import assert from 'node:assert/strict'

import { type Manifest, type RenderOptions, render } from './helm.ts'

/**
 * Any part of an object, by names and places: `spec.template.spec.containers.0.ports`; undefined when
 * there is none.
 */
export function part(whole: unknown, path: string): unknown {
  return path.split('.').reduce(field, whole)
}

/** One field, whose name may have dots in it, as those of labels do. */
export function field(node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null) return undefined
  return (node as Readonly<Record<string, unknown>>)[name]
}

/** The objects of a kind. */
export function ofKind(manifests: readonly Manifest[], kind: string): readonly Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind)
}

/** The one object of a kind, with this name when it says so; fails when there is another number of them. */
export function only(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = ofKind(manifests, kind).filter(
    ({ metadata }) => name === undefined || metadata.name === name,
  )
  const [manifest] = found
  assert.ok(
    manifest !== undefined && found.length === 1,
    `${found.length} of kind ${kind} ${name ?? ''}`,
  )
  return manifest
}

/** Renders with `values` and takes the one object of a kind. */
export function renderOnly(kind: string, values: object = {}, more: RenderOptions = {}): Manifest {
  return only(render({ values, ...more }), kind)
}

/** The pod spec of the workload, a Deployment unless told otherwise. */
export function podSpec(values: object = {}, more: RenderOptions = {}): Manifest {
  const isDaemonSet = (values as { readonly kind?: string }).kind === 'DaemonSet'
  const workload = renderOnly(isDaemonSet ? 'DaemonSet' : 'Deployment', values, more)
  return part(workload, 'spec.template') as Manifest
}

/** Our container in a pod. */
export function container(pod: Manifest): Manifest {
  const containers = part(pod, 'spec.containers') as readonly (Manifest & {
    readonly name: string
  })[]
  const found = containers.find(({ name }) => name === 'hpdummy')
  assert.ok(found !== undefined)
  return found
}

/** Variables of our container by name. */
export function environment(values: object): ReadonlyMap<string, object> {
  const env = (container(podSpec(values))['env'] ?? []) as readonly { readonly name: string }[]
  return new Map(env.map((variable) => [variable.name, variable]))
}
