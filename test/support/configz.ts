import type { WatchStatus } from '../../app/runtime/reload/config-map-watch.ts'
import type { Condition } from '../../app/runtime/reload/reload.ts'
import type { TestOrigin } from './origin.ts'
import { until } from './wait.ts'

/** The page an operator reads, as far as tests look at it. */
export interface Configz {
  readonly observed: {
    readonly hash: string
    readonly source: string
    readonly resourceVersion: string | null
  }
  readonly applied: { readonly generation: number; readonly hash: string }
  readonly conditions: readonly Condition[]
  readonly effective: Readonly<Record<string, string | null>>
  readonly origins: Readonly<Record<string, string>>
  /** Null unless the API server is watched. */
  readonly watch: WatchStatus | null
  readonly workers: readonly { readonly index: number; readonly generation: number }[]
}

export async function readConfigz({ ports }: TestOrigin): Promise<Configz> {
  const answer = await fetch(`http://127.0.0.1:${ports.admin}/configz`)
  if (answer.status !== 200) throw new Error(`/configz answers ${answer.status}`)
  return (await answer.json()) as Configz
}

/** Resolves to the page as soon as it `holds`. */
export async function untilConfigz(
  origin: TestOrigin,
  what: string,
  holds: (page: Configz) => boolean,
): Promise<Configz> {
  let page = await readConfigz(origin)
  await until(`/configz: ${what}`, async () => {
    page = await readConfigz(origin)
    return holds(page)
  })
  return page
}

export function untilGeneration(origin: TestOrigin, generation: number): Promise<Configz> {
  return untilConfigz(origin, `generation ${generation} is applied`, ({ applied, workers }) => {
    return (
      applied.generation >= generation && workers.every((worker) => worker.generation >= generation)
    )
  })
}

export function conditionOf({ conditions }: Configz, type: Condition['type']): Condition {
  const found = conditions.find((condition) => condition.type === type)
  if (found === undefined) throw new Error(`there is no condition ${type}`)
  return found
}
