#!/usr/bin/env node
// npm run start:compare: three origins side by side, each answering in one way, and the page that shows them at once.
// Words that follow are settings of all three (npm run start:compare -- --workers=2); --any-ports takes free ports.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const isAnyPort = process.argv.includes('--any-ports')
const settings = process.argv.slice(2).filter((word) => word !== '--any-ports')

// As the three servers of fastgo: Fiber's, Chi's, and the one with a pool of workers.
const kinds = [
  {
    name: 'direct',
    what: 'the fast listener, which answers at once',
    port: '--http-port',
    listens: 'http',
    path: '/',
    first: [8080, 9000],
  },
  {
    name: 'wire',
    what: "Node's own HTTP, which answers at once, too",
    port: '--wire-port',
    listens: 'wire',
    path: '/',
    first: [8081, 9001],
  },
  {
    name: 'pooled',
    what: 'the fast listener, with 100 ms of work in the pool for each request',
    port: '--http-port',
    listens: 'http',
    path: '/work',
    first: [8082, 9002],
  },
]

// What none of them needs, and what would be three times on one port.
const closed = [
  '--grpc-port=none',
  '--tcp-echo-port=none',
  '--tcp-discard-port=none',
  '--tcp-payload-port=none',
  '--udp-echo-port=none',
]
// Nobody balances load over them, so nobody has to be told that they leave.
const quick = ['--drain-quiet=0', '--drain-notice=0']

const program = fileURLToPath(new URL('hpdummy.js', import.meta.url))
const say = (text) => process.stdout.write(text)

// What is wrong with all three is said once, before any starts: settings, flags that npm took, the Node that runs.
const { status } = spawnSync(process.execPath, [program, 'settings', 'print', ...settings], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
if (status !== 0) process.exit(status ?? 1)

function start(kind) {
  const { name, port, first } = kind
  const [traffic, admin] = isAnyPort ? [0, 0] : first
  // The fast listener is always open, the wire listener can be closed.
  const other = port === '--wire-port' ? '--http-port=0' : '--wire-port=none'
  const ports = [`${port}=${traffic}`, other, `--admin-port=${admin}`]
  const words = ['--workers=1', ...ports, ...closed, ...quick, '--log-format=json', ...settings]
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines = createInterface({ input: child.stdout })
  const ready = new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const parsed = parse(line)
      if (parsed.msg === 'ready') resolve(parsed.ports)
      say(`[${name}] ${line}\n`)
    })
    child.once('exit', () => reject(new Error(`${name} ended before it was ready`)))
  })
  createInterface({ input: child.stderr }).on('line', (line) => {
    process.stderr.write(`[${name}] ${line}\n`)
  })
  return { kind, child, ready, ended: once(child, 'exit') }
}

function parse(line) {
  try {
    return JSON.parse(line)
  } catch {
    return {}
  }
}

const origins = kinds.map(start)
let isEnding = false

/** Ends all three; each drains, which takes no time when nothing is under way. */
function end() {
  if (isEnding) return
  isEnding = true
  for (const { child } of origins) child.kill('SIGTERM')
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end)
// One alone compares with nothing.
for (const { child } of origins) child.once('exit', end)

try {
  const ports = await Promise.all(origins.map(({ ready }) => ready))
  const adminOf = (index) => `http://localhost:${ports[index].admin}`
  const targets = ports.map((_, index) => adminOf(index))
  const urls = origins.map(
    ({ kind: { listens, path } }, index) => `http://localhost:${ports[index][listens]}${path}`,
  )
  say('\n')
  for (const [index, { name, what }] of kinds.entries()) {
    say(`${name.padEnd(8)} ${urls[index].padEnd(32)} admin ${adminOf(index)}  ${what}\n`)
  }
  say(`
all three  ${targets[0]}/compare3?targets=${targets.join(',')}
two        ${targets[0]}/compare?targets=${targets[0]},${targets[2]}
load       k6 run -e DIRECT=${urls[0]} -e WIRE=${urls[1]} -e POOLED=${urls[2]} test/load/compare.js
Ctrl-C ends them.

`)
} catch (error) {
  process.stderr.write(`hpdummy: ${error.message}\n`)
  end()
}

const codes = await Promise.all(origins.map(({ ended }) => ended))
process.exitCode = Math.max(...codes.map(([code]) => code ?? 1))
