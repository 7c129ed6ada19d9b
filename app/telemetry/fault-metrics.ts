import { type Row, one } from './metric-row.ts'
import type { Readings } from './readings.ts'
import { readFault } from './slab-reader.ts'

// UDP has no exchanges.
const listeners = ['fast', 'wire', 'grpc', 'tcp'] as const

/** How often a fault was asked for on these listeners and happened, or did not. */
function countOf(
  { slabs }: Pick<Readings, 'slabs'>,
  what: {
    readonly fault: number
    readonly isDone: boolean
    readonly on: readonly (typeof listeners)[number][]
  },
): number {
  const { fault, isDone, on } = what
  return slabs().reduce(
    (total, slab) =>
      on.reduce((sum, listener) => sum + readFault(slab, { listener, fault, isDone }), total),
    0,
  )
}

/** What /metrics tells of faults. A fault that was never asked for has no series. */
export const faultRows: readonly Row[] = [
  {
    name: 'hpdummy_faults_total',
    type: 'counter',
    help: 'Faults that were asked for; done=false: chance or count spared the exchange, or its answer ended before',
    values: (readings) =>
      readings.faults.flatMap((fault, number) =>
        listeners.flatMap((listener) =>
          [true, false].flatMap((isDone) => {
            const value = countOf(readings, { fault: number, isDone, on: [listener] })
            const labels = { fault, listener, done: String(isDone) }
            return value === 0 ? [] : [{ labels, value }]
          }),
        ),
      ),
  },
  {
    name: 'hpdummy_faults_injected_total',
    type: 'counter',
    help: 'Faults that happened, over all listeners: the sum of hpdummy_faults_total with done=true',
    values: (readings) =>
      readings.faults.flatMap((fault, number) => {
        const value = countOf(readings, { fault: number, isDone: true, on: listeners })
        return value === 0 ? [] : [{ labels: { fault }, value }]
      }),
  },
  {
    name: 'hpdummy_scenario_step',
    type: 'gauge',
    help: 'The step of the scenario that runs is 1; absent while none runs',
    values({ step }) {
      const now = step()
      return now === undefined ? [] : one(1, { scenario: now.scenario, step: now.step })
    },
  },
]
