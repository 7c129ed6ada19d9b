import { type Row, one } from './metric-row.ts'
import { readFault } from './slab-reader.ts'

// UDP has no exchanges.
const listeners = ['fast', 'wire', 'grpc', 'tcp'] as const

/** What /metrics tells of faults. A fault that was never asked for has no series. */
export const faultRows: readonly Row[] = [
  {
    name: 'hpdummy_faults_total',
    type: 'counter',
    help: 'Faults that were asked for; done=false: chance or count spared the exchange, or its answer ended before',
    values: ({ slabs, faults }) =>
      faults.flatMap((fault, number) =>
        listeners.flatMap((listener) =>
          [true, false].flatMap((isDone) => {
            const read = (slab: SharedArrayBuffer): number =>
              readFault(slab, { listener, fault: number, isDone })
            const value = slabs().reduce((total, slab) => total + read(slab), 0)
            const labels = { fault, listener, done: String(isDone) }
            return value === 0 ? [] : [{ labels, value }]
          }),
        ),
      ),
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
