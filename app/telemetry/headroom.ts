/** What a worker, its process and its cgroup were busy with, each a share of what there is. */
export interface Busy {
  /** Of the event loop's time. */
  readonly loop: number
  /** CPU used of the quota. */
  readonly cpu: number
  /** Periods of the quota in which it was used up; undefined where the kernel does not tell. */
  readonly throttled: number | undefined
}

/**
 * How much of the origin is left before it is the bottleneck: 1 is all of it, 0 none. The scarcest
 * thing counts, because it is the one that holds answers up.
 */
export function headroomOf({ loop, cpu, throttled = 0 }: Busy): number {
  return Math.min(1, Math.max(0, 1 - Math.max(loop, cpu, throttled)))
}
