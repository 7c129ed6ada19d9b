/** What health is judged by. */
export interface Checked {
  /** The whole process drains. */
  readonly isEnding: boolean
  /** Jobs that wait for the compute pool, and how many may. */
  readonly queue: { readonly depth: number; readonly mostWaiting: number }
}

/** One condition of /health, shown by its name with ?verbose=1. */
export interface HealthCheck {
  readonly name: string
  readonly holds: (checked: Checked) => boolean
}
