import type { Carrier, Fault } from '../traffic/faults/plan.ts'
import { behaviours, byteFaults } from '../traffic/faults/table.ts'
import { beside } from './layout.ts'

/** What `hpdummy help faults` says: the grammar, and every fault with an example. */
export const faultsText = `Faults are pairs NAME=VALUE with semicolons between them. Ask for them in the query
(hp-NAME=VALUE), in the header X-HP, in gRPC metadata (x-hp), in the step of a scenario (PUT
:9000/scenario), or in the setting defaults.hp for every exchange. For each name the first of
these wins.

  curl -i -H 'X-HP: delay=10ms:5; status=503:1' localhost:8080/bin/1M
  curl -i 'localhost:8081/bin/1M?hp-fault=reset@body:1024&hp-rate=64K/s'
  hpdummy --defaults-hp='delay=lognormal(50ms,0.4)'

A value may end in when it holds: :5 is 5 in a hundred; :first2, :after100 and :every10 go by
count. Put commas between several values: the first that holds wins. Percentages share one draw.

  by=id|route|connection|client   count by this; the default is X-HP-Id if present, else the route
  seed=TEXT                       makes every choice repeatable
  max-active=N                    at most so many exchanges are affected at once
  ttl=5m                          in defaults.hp only: it goes by itself

${section('NAME=VALUE', behaviours, '')}

${section('fault=VALUE', byteFaults, 'fault=')}

A listener that cannot carry a fault out answers 501 and says which one can. Answers to requests
with X-HP-Id say what was done (X-HP-Injected); hpdummy_faults_total counts all faults.`

function section(title: string, faults: readonly Fault[], prefix: string): string {
  const lines = faults.map(({ examples, effect, carriers }) =>
    beside(examples[0].slice(prefix.length), [`${effect} ${whoCan(carriers)}`.trim()], 22),
  )
  return `${title}\n${lines.join('\n')}`
}

// Said where not everybody can.
function whoCan(carriers: Fault['carriers']): string {
  const names = {
    fast: 'the fast listener',
    http1: 'HTTP/1.1',
    http2: 'HTTP/2',
    websocket: 'WebSocket',
    tcp: 'TCP',
    grpc: 'gRPC',
  }
  if (carriers.includes('fast')) return carriers.includes('grpc') ? '(gRPC too)' : ''
  const wire = carriers.filter((one) => isOnWire(one)).map((one) => names[one])
  const others = carriers.filter((one) => !isOnWire(one)).map((one) => names[one])
  const onWire = wire.length > 0 ? [`${wire.join(', ')} on the wire listener`] : []
  return `(${[...onWire, ...others].join(', ')} only)`
}

function isOnWire(carrier: Carrier): boolean {
  return carrier !== 'grpc' && carrier !== 'tcp'
}
