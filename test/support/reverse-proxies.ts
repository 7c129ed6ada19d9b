import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

import { freePort, untilListening } from './ports.ts'
import { type Program, createDirectory, startProgram } from './programs.ts'
import { toolPath } from './tools.ts'

export interface ProxyOptions {
  /** Traffic ports of the origins behind it. */
  readonly origins: readonly number[]
  /** More lines for the part of the configuration that says how origins are spoken to. */
  readonly lines?: string
  /** More words for every origin, such as when it is given up and tried again. */
  readonly words?: string
}

export interface NginxOptions extends ProxyOptions {
  /** What the origins are spoken to with; 1.0 has no WebSockets. */
  readonly httpVersion?: '1.0' | '1.1'
}

export interface Proxy extends Program {
  readonly port: number
  /** How many requests it has sent to a second origin so far, when the first would not. */
  readonly retries: () => Promise<number>
}

/** nginx in front of `origins`, keeping connections to them. */
export async function startNginx(
  t: TestContext,
  { origins, lines = '', words = '', httpVersion = '1.1' }: NginxOptions,
): Promise<Proxy> {
  const directory = createDirectory(t)
  const port = await freePort()
  const servers = origins.map((origin) => `server 127.0.0.1:${origin} ${words};`).join(' ')
  const file = join(directory, 'nginx.conf')
  const retried = join(directory, 'retried.log')
  writeFileSync(
    file,
    `
daemon off;
master_process off;
pid ${directory}/pid;
error_log ${directory}/error.log;
events { worker_connections 4096; }
http {
  map $upstream_addr $is_retried { default 0; '~,' 1; }
  log_format retried '$request: $upstream_status';
  access_log ${retried} retried if=$is_retried;
  client_body_temp_path ${directory}/client;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  client_max_body_size 0;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream origins { ${servers} keepalive 64; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://origins;
      proxy_http_version ${httpVersion};
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      ${lines}
    }
  }
}
`,
  )
  const program = startProgram(t, {
    path: toolPath('nginx'),
    words: ['-p', directory, '-c', file, '-e', join(directory, 'error.log')],
  })
  await untilListening(port)
  const retries = async (): Promise<number> =>
    (await readFile(retried, 'utf8')).split('\n').length - 1
  return { ...program, port, retries }
}

export interface HaproxyOptions extends ProxyOptions {
  /** Admin ports of the origins: with them it asks each /readyz every 100 ms and heeds the answer. */
  readonly adminPorts?: readonly number[]
  /** More words for the port clients come to, such as `proto h2`. */
  readonly bindWords?: string
  /** More lines for the part of the configuration that says how clients are spoken to. */
  readonly frontendLines?: string
}

/**
 * nginx's program without a web server: `main` is for the top of its configuration, `directory` is for
 * files. Resolves when the port is taken.
 */
export async function startNginxWith(
  t: TestContext,
  { port, main }: { readonly port: number; readonly main: (directory: string) => string },
): Promise<Program> {
  const directory = createDirectory(t)
  const file = join(directory, 'nginx.conf')
  writeFileSync(
    file,
    `
daemon off;
master_process off;
pid ${directory}/pid;
error_log ${directory}/error.log;
${main(directory)}
events { worker_connections 1024; }
`,
  )
  const program = startProgram(t, {
    path: toolPath('nginx'),
    words: ['-p', directory, '-c', file, '-e', join(directory, 'error.log')],
  })
  await untilListening(port)
  return program
}

/** HAProxy in front of `origins`, sharing idle connections and never trying twice. */
export async function startHaproxy(
  t: TestContext,
  { origins, lines = '', words = '', adminPorts, ...client }: HaproxyOptions,
): Promise<Proxy> {
  const directory = createDirectory(t)
  const port = await freePort()
  const servers = origins.map((origin, place) => {
    const check = adminPorts && ` check port ${adminPorts[place]} inter 100ms fall 1 rise 1`
    return `  server s${place} 127.0.0.1:${origin}${check ?? ''} ${words}`
  })
  const file = join(directory, 'haproxy.cfg')
  const control = join(directory, 'control')
  writeFileSync(
    file,
    `
global
  nbthread 1
  stats socket ${control}
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 30s
  timeout check 2s
frontend clients
  bind 127.0.0.1:${port} ${client.bindWords ?? ''}
  ${client.frontendLines ?? ''}
  default_backend origins
backend origins
  retries 0
  http-reuse always
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  ${adminPorts === undefined ? '' : 'option httpchk GET /readyz'}
  ${lines}
${servers.join('\n')}
`,
  )
  const program = startProgram(t, {
    path: toolPath('haproxy'),
    words: ['-q', '-db', '-f', file],
  })
  await untilListening(port)
  return { ...program, port, retries: () => readRetries(control) }
}

async function readRetries(control: string): Promise<number> {
  const socket = connect(control)
  socket.write('show stat\n')
  const lines = (await text(socket)).split('\n').map((line) => line.split(','))
  const backend = lines.find(([proxy, kind]) => proxy === 'origins' && kind === 'BACKEND')
  return Number(backend?.[lines[0]?.indexOf('wretr') ?? 0])
}
