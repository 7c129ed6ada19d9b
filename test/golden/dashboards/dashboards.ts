// Grafana's dashboards as code: each file beside this one is a dashboard or a part of all of them, made with
// Grafana's own builders and written to the chart, where Grafana's sidecar finds them.
import { createDashboard } from './frame.ts'
import { overview } from './overview.ts'
import { rollout } from './rollout.ts'
import { traffic } from './traffic.ts'
import { workers } from './workers.ts'

/** Where the chart has its dashboards. */
export const dashboardDirectory = 'charts/hpdummy/dashboards'

/** The files of the dashboards, named after their uid, and what they should say. */
export const dashboardGoldens: readonly {
  readonly file: string
  readonly text: () => string
}[] = [overview, traffic, workers, rollout].map((dashboard) => ({
  file: `${dashboardDirectory}/${dashboard.uid}.json`,
  text: () => `${JSON.stringify(createDashboard(dashboard), null, 2)}\n`,
}))
