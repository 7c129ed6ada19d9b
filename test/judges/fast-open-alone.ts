// Run by fast-open.test.ts in a network of its own: opens a port of each engine, has curl
// come to each with TCP Fast Open, and prints what the origin says and what the kernel has counted.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { promisify } from 'node:util'

import HyperExpress from 'hyper-express'

import { applySocketOptions } from '../../app/runtime/sockets/options.ts'

const run = promisify(execFile)
// A network of its own has all ports free.
const [uwsPort, nodePort] = [8080, 8081]
const calls = 3

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx'
const uws = new HyperExpress.Server({ auto_close: false })
uws.uws_instance.any('/', (response) => void response.end('x'))
await uws.listen(uwsPort, '127.0.0.1')
const node = createServer((socket) => socket.once('data', () => socket.end(answer)))
await once(node.listen({ host: '127.0.0.1', port: nodePort, reusePort: true }), 'listening')

const reports = await applySocketOptions(
  [
    { listener: 'http', port: uwsPort, engine: 'uws' },
    { listener: 'tcpEcho', port: nodePort, engine: 'node' },
  ],
  {
    fastOpen: process.argv[2] === 'on',
    deferAccept: false,
    reusePort: true,
    backlog: 4096,
    noDelay: true,
    keepAliveMs: 0,
  },
)
const passive: number[] = []
for (const port of [uwsPort, nodePort]) {
  for (let call = 0; call < calls; call++) {
    await run('curl', ['--silent', '--fail', '--tcp-fastopen', `http://127.0.0.1:${port}/`])
  }
  // Absolute, zeros included, and since nobody else asked.
  const { stdout } = await run('nstat', ['-asz', 'TcpExtTCPFastOpenPassive'])
  passive.push(Number(/Passive\s+(\d+)/.exec(stdout)?.[1]))
}
console.log(JSON.stringify({ reports, passive }))
node.close()
uws.close()
uws.uws_instance.close()
