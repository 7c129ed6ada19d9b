import type { Documents } from '../../config/documents.ts'
import type { Loaded } from '../../config/load.ts'
import type { Config } from '../../config/settings.ts'
import { look } from '../../look.ts'
import type { Logger } from '../../telemetry/log.ts'
import { ConfigMapWatch, type Seen, type WatchStatus } from './config-map-watch.ts'
import { ConfigWatch } from './config-watch.ts'
import { ConfigEvents } from './events.ts'
import { KubernetesConfigMap } from './kubernetes.ts'
import type { ReloadResult } from './reload.ts'

/** Reads all layers; a ConfigMap stands in for the file. */
export type Load = (configMap?: Documents) => Loaded

/** What is watched, and the callbacks. */
export interface SettingsSourcesOptions {
  readonly config: Config
  readonly load: Load
  /** What was already read at the start. */
  readonly configMap: Documents | undefined
  readonly log: Logger
  /** The settings may have changed: call `load` again. */
  readonly onChange: (source: 'file' | 'api', resourceVersion?: string) => void
}

// A start waits no longer than this for an API server, which may be gone for hours.
const firstLookMs = 5000

/**
 * Where the settings change while we run: the mounted file or directory, its ConfigMap in the API server, or both. With
 * both, the file counts only while the API server is silent: a mount is up to two minutes late, and must not restore
 * settings that have just been replaced.
 */
export class SettingsSources {
  readonly #options: SettingsSourcesOptions
  #fileWatch: ConfigWatch | undefined
  #apiWatch: ConfigMapWatch | undefined
  #events: ConfigEvents | undefined
  #configMap: Documents | undefined
  #isClosed = false
  #fileText = ''

  constructor(options: SettingsSourcesOptions) {
    this.#options = options
    this.#configMap = options.configMap
    this.#fileText = this.#readFile()
  }

  /** All layers as the sources have them now. */
  readonly load = (): Loaded => this.#options.load(this.#configMap)

  /** Begins to watch. A cluster that cannot be reached is logged, and tried again for ever. */
  async start(): Promise<void> {
    const { config, onChange } = this.#options
    const watch = config['kubernetes.watch']
    if (config.config !== undefined && watch !== 'api') {
      this.#fileWatch = new ConfigWatch(config.config, () => {
        if (this.#apiWatch === undefined) return onChange('file')
        const { isConnected, problem } = this.#apiWatch.status
        if ((isConnected && problem === null) || !this.#hasNewFile()) return
        this.#configMap = undefined
        onChange('file')
      })
    }
    if (watch !== 'file') await this.#watchApi(config['kubernetes.configMap'] ?? '')
  }

  /** The state of the API server's watch; undefined without one. */
  get status(): WatchStatus | undefined {
    return this.#apiWatch?.status
  }

  /** Creates an Event in the cluster, when we are connected to it. */
  report(result: ReloadResult): void {
    this.#events?.report(result)
  }

  close(): void {
    this.#isClosed = true
    this.#fileWatch?.close()
    this.#apiWatch?.close()
  }

  async #watchApi(name: string): Promise<void> {
    const { log, onChange } = this.#options
    const api = await KubernetesConfigMap.connect(name)
    // A drain may have begun in the meantime.
    if (this.#isClosed) return
    this.#events = new ConfigEvents({ create: (occurrence) => api.createEvent(occurrence), log })
    this.#apiWatch = new ConfigMapWatch({
      api,
      onTexts: (texts, resourceVersion) => {
        this.#configMap = { place: api.place, texts }
        this.#fileText = this.#readFile()
        onChange('api', resourceVersion)
      },
      onTurn(problem) {
        if (problem === null) log.info({ configMap: api.place }, 'watching the ConfigMap')
        else log.warn({ problem }, 'the ConfigMap cannot be followed')
      },
    })
  }

  #hasNewFile(): boolean {
    const text = this.#readFile()
    const isNew = text !== this.#fileText
    this.#fileText = text
    return isNew
  }

  // The meaning of the file: two texts with the same meaning count as one. Unchanged while the file cannot be read.
  #readFile(): string {
    if (this.#options.config.config === undefined) return ''
    return look(() => JSON.stringify(this.#options.load())) ?? this.#fileText
  }
}

/**
 * The ConfigMap's settings for a start without a file (`kubernetes.watch: api`). Rejects with a sentence when the API
 * server does not send them in time.
 */
export async function readConfigMap(name: string): Promise<Documents> {
  const api = await KubernetesConfigMap.connect(name)
  const { texts }: Seen = await api.list(AbortSignal.timeout(firstLookMs))
  if (texts === undefined) throw new Error(`there is no ${api.place}`)
  return { place: api.place, texts }
}
