/** The figures that health checks judge. */
export interface Checked {
  /** The whole process is draining. */
  readonly isEnding: boolean
  /** Jobs that wait for the compute pool, and the most that may wait. */
  readonly queue: { readonly depth: number; readonly mostWaiting: number }
}

/** One condition of /health, shown by its name with ?verbose=1. */
export interface HealthCheck {
  readonly name: string
  readonly holds: (checked: Checked) => boolean
}
