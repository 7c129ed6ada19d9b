import type { Endpoint } from '../../endpoints/endpoint.ts'
import type { Slab } from '../../telemetry/slab.ts'

/** The rows of a listener, of which those that probes ask take back the arrival of the connection they came on. */
export function probesUncounted(rows: readonly Endpoint[], slab: Slab): readonly Endpoint[] {
  return rows.map((row) => {
    if (row.isProbe !== true) return row
    return {
      ...row,
      handle(exchange, values) {
        slab.forgetArrival()
        return row.handle(exchange, values)
      },
    }
  })
}
