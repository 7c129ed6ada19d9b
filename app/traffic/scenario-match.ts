import { createRandom, hashOf } from './random.ts'
import { ScenarioProblem, mapping, textOf } from './scenario-document.ts'

/** Which exchanges a step is for; all that it names must hold. */
export interface Match {
  readonly method?: string
  /** Of the target, without its query; `*` at the end stands for anything. */
  readonly path?: string
  /** `fast`, `wire`, `grpc` or `tcp`. */
  readonly listener?: string
  /** A header by name, and its value where one is named. */
  readonly header?: { readonly name: string; readonly value?: string }
  /** The pod's ordinal in a StatefulSet, or its name; `*` at the end stands for anything. */
  readonly pod?: number | string
  /** Of all pods, 0 to 1; by a hash of the pod's name and the seed. */
  readonly share?: number
}

/** Whether a step is for an exchange, on the pods that it is for. */
export function isMatch(
  { method, path, listener, header }: Match,
  exchange: {
    readonly method: string
    readonly path: string
    readonly listener: string
    readonly header: (name: string) => string
  },
): boolean {
  if (method !== undefined && method !== exchange.method) return false
  if (listener !== undefined && listener !== exchange.listener) return false
  if (path !== undefined && !isPath(path, exchange.path)) return false
  if (header === undefined) return true
  const value = exchange.header(header.name)
  return header.value === undefined ? value !== '' : value === header.value
}

function isPath(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}

/** Whether a step is for a pod; a share of pods is drawn from the seed. */
export function isForPod({ pod: wanted, share }: Match, pod: string, seed: string): boolean {
  // The hash alone puts names that differ in their last letter side by side.
  if (share !== undefined && createRandom(hashOf(`${seed} ${pod}`))() >= share) return false
  if (wanted === undefined) return true
  if (typeof wanted === 'string') return isPath(wanted, pod)
  return Number(/-(\d+)$/.exec(pod)?.[1] ?? -1) === wanted
}

const listeners = ['fast', 'wire', 'grpc', 'tcp']

/** Reads what a step is for. Throws ScenarioProblem. */
export function readMatch(place: string, document: unknown): Match {
  if (document === undefined) return {}
  const { pod, share, ...given } = mapping(place, document, [
    'method',
    'path',
    'listener',
    'header',
    'pod',
    'share',
  ])
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && typeof value !== 'string') {
      throw new ScenarioProblem(`${place}.${name}: use a text`)
    }
  }
  const { method, path, listener, header } = given as Readonly<Record<string, string | undefined>>
  if (listener !== undefined && !listeners.includes(listener)) {
    throw new ScenarioProblem(`${place}.listener: use ${listeners.join(', ')}`)
  }
  const [name = '', value] = (header ?? '').split(/:\s*(.*)/s)
  return {
    ...(method !== undefined && { method }),
    ...(path !== undefined && { path }),
    ...(listener !== undefined && { listener }),
    ...(pod !== undefined && { pod: readPod(`${place}.pod`, pod) }),
    ...(share !== undefined && { share: readShare(`${place}.share`, share) }),
    ...(header !== undefined && {
      header: { name: name.toLowerCase(), ...(value !== undefined && { value }) },
    }),
  }
}

function readPod(place: string, pod: unknown): number | string {
  const text = textOf(place, pod)
  if (/^\d{1,9}$/.test(text)) return Number(text)
  if (/^[a-z\d][a-z\d.-]{0,252}\*?$/.test(text)) return text
  throw new ScenarioProblem(`${place}: use the ordinal of a pod such as 0, or a name such as web-*`)
}

function readShare(place: string, share: unknown): number {
  const percent = /^(\d{1,3}(?:\.\d{1,9})?)%$/.exec(String(share))?.[1]
  if (percent === undefined || Number(percent) > 100) {
    throw new ScenarioProblem(`${place}: use a share of pods such as 30%`)
  }
  return Number(percent) / 100
}
