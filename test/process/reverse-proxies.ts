import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { freePort, untilListening } from './ports.ts'
import { type Program, createDirectory, startProgram } from './programs.ts'
import { toolPath } from './tools.ts'

export interface ProxyOptions {
  /** Traffic ports of the origins behind it. */
  readonly origins: readonly number[]
  /** More lines for the part of the configuration that says how origins are spoken to. */
  readonly lines?: string
}

export interface Proxy extends Program {
  readonly port: number
}

/** nginx in front of `origins`, keeping connections to them. */
export async function startNginx(
  t: TestContext,
  { origins, lines = '' }: ProxyOptions,
): Promise<Proxy> {
  const directory = createDirectory(t)
  const port = await freePort()
  const servers = origins.map((origin) => `server 127.0.0.1:${origin};`).join(' ')
  const file = join(directory, 'nginx.conf')
  writeFileSync(
    file,
    `
daemon off;
master_process off;
pid ${directory}/pid;
error_log ${directory}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
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
      proxy_http_version 1.1;
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
  return { ...program, port }
}

export interface HaproxyOptions extends ProxyOptions {
  /** Admin ports of the origins: with them it asks each /readyz every 100 ms and heeds the answer. */
  readonly adminPorts?: readonly number[]
}

/** HAProxy in front of `origins`, sharing idle connections and never trying twice. */
export async function startHaproxy(
  t: TestContext,
  { origins, lines = '', adminPorts }: HaproxyOptions,
): Promise<Proxy> {
  const directory = createDirectory(t)
  const port = await freePort()
  const servers = origins.map((origin, place) => {
    const check = adminPorts && ` check port ${adminPorts[place]} inter 100ms fall 1 rise 1`
    return `  server s${place} 127.0.0.1:${origin}${check ?? ''}`
  })
  const file = join(directory, 'haproxy.cfg')
  writeFileSync(
    file,
    `
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 30s
  timeout check 2s
frontend clients
  bind 127.0.0.1:${port}
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
  return { ...program, port }
}
