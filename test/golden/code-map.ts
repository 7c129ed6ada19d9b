import { readdirSync } from 'node:fs'
import { basename } from 'node:path'

/** What each folder of `app` is for. A folder that is missing here, or gone, fails the golden. */
const rooms: Readonly<Record<string, string>> = {
  '': 'The entry of both kinds of thread, the closed list of refusals, the nearest known word, and how code looks at a system that may answer nothing',
  commands: 'What `hpdummy X` does',
  'commands/completion': 'A script for each shell, of the same words',
  config:
    'Every setting once; flags, files and environment in layers; problems in sentences. Only this room reads the environment or the command line',
  'config/settings': 'The rows of settings by subject; settings.ts has the rest and joins them',
  runtime:
    'The life of the process: start, drain, end; what the primary and the workers say to each other; which listener opens on which port; the budgets kept up to date',
  'runtime/workers':
    'How many workers there are and of what size; one worker thread from both sides; workers that stall or cannot be started',
  'runtime/machine':
    'What the process may use (cgroups, quota, files, memory), and what follows from it',
  'runtime/pool':
    'The compute pool from its three sides: the primary starts threads, a thread does jobs, a worker asks for them',
  'runtime/health': 'Health checks, a file each',
  'runtime/sockets':
    'Socket options as asked and as the kernel has them; new connections steered away from sockets that close; calls to the C library',
  'runtime/certificates': 'The certificate, made or watched',
  'runtime/reload':
    'Where settings change while the origin runs (a mounted file, the API server), and a change taken whole or refused whole',
  'runtime/admin':
    'The admin port: who gets in, its pages, the numbers of the last second, `/metrics`, profiles',
  load: '`hpdummy load`: threads that send on a schedule, count, and say who was the bottleneck',
  'load/plan': 'The command line of `hpdummy load`, and the plan and schedule that come of it',
  'load/http1': 'An HTTP/1 client that keeps no byte of an answer',
  'load/report': 'What came of a run: figures, verdict, thresholds; as text, JSON and HTML',
  listeners: 'How an answer reaches the wire: what every listener is',
  'listeners/port':
    'A TCP port that all workers open: accept, PROXY protocol, TLS, first bytes; turns of the event loop',
  'listeners/http': 'What the fast and the wire listener share: framing, header lists, handshakes',
  'listeners/fast': 'The fast listener, on uWebSockets',
  'listeners/wire':
    "The wire listener: HTTP/1 and HTTP/2 behind one port, on Node's own servers and sockets",
  'listeners/grpc': 'gRPC, on grpc-js behind our port',
  'listeners/raw': 'TCP and UDP services',
  endpoints:
    'What the origin answers: the contract of a row, `table.ts` with all rows, parameters out of a target, the OpenAPI document',
  'endpoints/http': 'HTTP endpoints, a file each, and what several of them need',
  'endpoints/ws': 'WebSocket endpoints',
  'endpoints/grpc': 'gRPC services',
  'endpoints/tcp': 'TCP services',
  budgets: 'What all threads share and may run out of, counted in shared memory',
  traffic: 'Bytes, pace, chance, units; pure',
  'traffic/faults': 'Faults, a file each, and the plan that they come to; pure',
  'traffic/hp': 'The text that asks for faults, and what is drawn from it for one exchange; pure',
  'traffic/syntax': 'Reading values out of a text, with the place of a mistake; pure',
  evidence: 'Proof of what arrived',
  'evidence/ledger':
    'The record of every arrival of a request with an id, over all workers, in shared memory',
  'evidence/checks': 'What `hpdummy verify` asks: one file = one check, table.ts lists them',
  'evidence/client': 'An HTTP client that sends and shows bytes as they are',
  'evidence/verify': 'A run of the checks: who is asked, the control run, the card and its forms',
  telemetry: 'What is counted, logged and traced, and how it is told',
  web: 'The dashboards: static files, no build',
}

/** The table of the code's map in app/README.md: every folder of `app`, its purpose and its files. */
export function codeMap(): string {
  const rows = foldersBelow('').map((folder) => {
    const purpose = rooms[folder]
    if (purpose === undefined) throw new Error(`app/${folder} is not in test/golden/code-map.ts`)
    return `| \`app/${folder}\` | ${purpose} | ${filesOf(folder).join(', ')} |`
  })
  const gone = Object.keys(rooms).filter((folder) => !foldersBelow('').includes(folder))
  if (gone.length > 0) throw new Error(`test/golden/code-map.ts names ${gone.join(', ')}: gone`)
  return ['| folder | what it is for | files |', '|---|---|---|', ...rows].join('\n')
}

function foldersBelow(folder: string): readonly string[] {
  const below = entriesOf(folder).filter((entry) => entry.isDirectory())
  const names = below.map(({ name }) => (folder === '' ? name : `${folder}/${name}`))
  return [folder, ...names.flatMap(foldersBelow)]
}

function filesOf(folder: string): readonly string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
    .map(({ name }) => basename(name, '.ts'))
}

function entriesOf(folder: string) {
  return readdirSync(`app/${folder}`, { withFileTypes: true }).toSorted((one, other) =>
    one.name < other.name ? -1 : 1,
  )
}
