import { randomInt } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { hostname } from 'node:os'

import type * as Kubernetes from '@kubernetes/client-node'

import { type ConfigMapApi, Gone, type Hearing, type Seen } from './config-map-watch.ts'

/** What an Event says about the ConfigMap: a word for machines and a sentence for people. */
export interface Occurrence {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly note: string
}

// The longest that the API server accepts (events.k8s.io/v1).
const longestNote = 1024

// A list that takes longer will not come. (client-node gives a watch up after 30 s of silence.)
const listMs = 10_000

// The server ends a watch after this; without it, it chooses 30 to 60 minutes.
const watchSeconds = 240

// What client-node assumes when it finds no cluster; our own port answers there.
const clientsLastResort = 'http://localhost:8080'

/**
 * The API server, as far as we need it: one ConfigMap, and Events about it. Where it is and who we are
 * comes from KUBECONFIG or the pod's service account. client-node is loaded here and nowhere else
 * (81 MiB, 0.4 s), on the main thread, and only when it is asked for.
 */
export class KubernetesConfigMap implements ConfigMapApi {
  readonly place: string
  readonly #config: Kubernetes.KubeConfig
  readonly #client: typeof Kubernetes
  readonly #namespace: string
  readonly #name: string
  #uid: string | undefined

  private constructor(client: typeof Kubernetes, config: Kubernetes.KubeConfig, given: string) {
    const [name = '', namespace] = given.split('/').toReversed()
    const context = config.getContextObject(config.getCurrentContext())
    this.#client = client
    this.#config = config
    this.#name = name
    this.#namespace = namespace ?? context?.namespace ?? 'default'
    this.place = `configmap ${this.#namespace}/${name}`
  }

  /** Of `name` or `namespace/name`. Rejects with a sentence when there is no cluster to be found. */
  static async connect(given: string): Promise<KubernetesConfigMap> {
    const client = await import('@kubernetes/client-node')
    const config = new client.KubeConfig()
    config.loadFromDefault()
    const server = config.getCurrentCluster()?.server
    if (server === undefined || server === clientsLastResort) {
      throw new Error('kubernetes.watch: neither a service account nor KUBECONFIG names a cluster')
    }
    return new KubernetesConfigMap(client, config, given)
  }

  /** Lists the one ConfigMap; the answer has the version to watch from. */
  async list(signal: AbortSignal): Promise<Seen> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(listMs)])
    const { Observable } = this.#client
    const middleware: Kubernetes.ObservableMiddleware = {
      pre(context) {
        context.setSignal(within)
        return new Observable(Promise.resolve(context))
      },
      post: (context) => new Observable(Promise.resolve(context)),
    }
    const api = this.#config.makeApiClient(this.#client.CoreV1Api)
    try {
      const { metadata, items } = await api.listNamespacedConfigMap(
        { namespace: this.#namespace, fieldSelector: `metadata.name=${this.#name}` },
        { middleware: [middleware], middlewareMergeStrategy: 'append' },
      )
      const found = items.find((item) => item.metadata?.name === this.#name)
      this.#uid = found?.metadata?.uid
      const resourceVersion = metadata?.resourceVersion ?? ''
      return { resourceVersion, texts: found && (found.data ?? {}) }
    } catch (error) {
      throw this.#explain('list', error)
    }
  }

  /** Watches the one ConfigMap. When this settles, its stream is closed. */
  async watch(from: string, { signal, onOpen, onSeen }: Hearing): Promise<void> {
    const over = Promise.withResolvers<void>()
    // It may be over before we begin to wait for it.
    over.promise.catch(() => {})
    let state: 'asking' | 'open' | 'over' = 'asking'
    const end = (error: unknown): void => {
      // The stream of a ConfigMap that does not change is silent. The next watch goes on from here.
      const isOrderly = !error || (state === 'open' && isNamed(error, 'TimeoutError'))
      state = 'over'
      if (isOrderly) over.resolve()
      else over.reject(this.#explain('watch', error))
    }
    const hear = (type: string, object: unknown): void => {
      if (state === 'over' || signal.aborted) return
      if (type === 'ERROR') end(object)
      else this.#hear({ type, object }, onSeen)
    }
    const watch = new this.#client.Watch(this.#config)
    // It also resolves for a refused watch, after it has reported the refusal.
    const stream = await watch.watch(this.#path, this.#parameters(from), hear, end)
    const abort = (): void => stream.abort()
    signal.addEventListener('abort', abort)
    try {
      if (state === 'asking') {
        state = 'open'
        onOpen()
      }
      await over.promise
    } finally {
      signal.removeEventListener('abort', abort)
      abort()
    }
  }

  /** Creates an Event in the ConfigMap's namespace that names this pod. */
  async createEvent({ type, reason, note }: Occurrence): Promise<void> {
    const { EventsV1Api, V1MicroTime } = this.#client
    const [namespace, name] = [this.#namespace, this.#name]
    const uid = this.#uid === undefined ? {} : { uid: this.#uid }
    const body: Kubernetes.EventsV1Event = {
      metadata: { generateName: `${name}-`, namespace },
      eventTime: new V1MicroTime(),
      reportingController: 'hpdummy',
      reportingInstance: hostname(),
      action: 'Reload',
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name, ...uid },
      related: { apiVersion: 'v1', kind: 'Pod', namespace, name: hostname() },
      type,
      reason,
      note: note.length > longestNote ? `${note.slice(0, longestNote - 3)}...` : note,
    }
    try {
      await this.#config.makeApiClient(EventsV1Api).createNamespacedEvent({ namespace, body })
    } catch (error) {
      throw this.#explain('create events.k8s.io about', error)
    }
  }

  get #path(): string {
    return `/api/v1/namespaces/${encodeURIComponent(this.#namespace)}/configmaps`
  }

  #parameters(from: string): Readonly<Record<string, string | number | boolean>> {
    return {
      fieldSelector: `metadata.name=${this.#name}`,
      resourceVersion: from,
      allowWatchBookmarks: true,
      // Spread out, so that a fleet does not ask at once.
      timeoutSeconds: watchSeconds + randomInt(watchSeconds / 4),
    }
  }

  #hear(
    { type, object }: { readonly type: string; readonly object: unknown },
    onSeen: Hearing['onSeen'],
  ): void {
    const { metadata, data } = Object(object) as Kubernetes.V1ConfigMap
    const resourceVersion = metadata?.resourceVersion
    if (resourceVersion === undefined) return
    if (type === 'BOOKMARK') onSeen(resourceVersion, undefined)
    if (metadata?.name !== this.#name) return
    if (type === 'ADDED' || type === 'MODIFIED') {
      this.#uid = metadata.uid
      onSeen(resourceVersion, { resourceVersion, texts: data ?? {} })
    }
    if (type === 'DELETED') onSeen(resourceVersion, { resourceVersion, texts: undefined })
  }

  #explain(verb: string, error: unknown): Error {
    const status = statusOf(error)
    if (status === 410) return new Gone()
    return new Error(`cannot ${verb} ${this.place}: ${reasonOf(error, status)}`, { cause: error })
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

// ApiException and a Status object have `code`, Watch's error has `statusCode`.
function statusOf(error: unknown): number | undefined {
  const { code, statusCode } = Object(error) as { code?: unknown; statusCode?: unknown }
  return [code, statusCode].find((status) => typeof status === 'number')
}

// The server's own message (a Status object) is best: it says who was refused what.
function reasonOf(error: unknown, status: number | undefined): string {
  const { body, message, cause } = Object(error) as Readonly<Record<string, unknown>>
  const said = messageIn(body)
  if (status !== undefined) {
    const words = said ?? (error instanceof Error ? STATUS_CODES[status] : textOf({ message }))
    return `${status} ${words ?? ''}`.trimEnd()
  }
  const below = cause instanceof Error ? ` (${cause.message})` : ''
  return `${textOf({ message }) ?? String(error)}${below}`
}

function messageIn(body: unknown): string | undefined {
  try {
    return textOf(Object(JSON.parse(String(body))) as Readonly<Record<string, unknown>>)
  } catch {
    return undefined
  }
}

function textOf({ message }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof message === 'string' ? message.split('\n', 1)[0] : undefined
}
