import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { freePort, untilListening } from '../support/ports.ts'
import { type Program, createDirectory, startProgram } from '../support/programs.ts'
import { toolPath } from '../support/tools.ts'

/** A cache in front of one origin; it keeps nothing unless told to. */
export interface CacheOptions {
  readonly origin: number
  /** More lines of its own configuration: fields of Varnish's backend, directives of Squid. */
  readonly lines?: string
}

export interface Cache extends Program {
  readonly port: number
  /** Its own directory: what `varnishstat -n` asks for. */
  readonly directory: string
}

/** Varnish: passes everything, and pipes WebSockets. */
export async function startVarnish(
  t: TestContext,
  { origin, lines = '' }: CacheOptions,
): Promise<Cache> {
  const directory = createDirectory(t)
  const port = await freePort()
  const file = join(directory, 'origin.vcl')
  writeFileSync(
    file,
    `vcl 4.1;
backend origin {
  .host = "127.0.0.1";
  .port = "${origin}";
  ${lines}
}
sub vcl_recv {
  if (req.http.Upgrade ~ "(?i)websocket") { return (pipe); }
  return (pass);
}
sub vcl_pipe {
  if (req.http.Upgrade) {
    set bereq.http.Upgrade = req.http.Upgrade;
    set bereq.http.Connection = req.http.Connection;
  }
}
`,
  )
  const program = startProgram(t, {
    path: toolPath('varnishd'),
    // Its jail would give the directory to another user; without one it runs as we do.
    words: [
      '-F',
      '-j',
      'none',
      '-n',
      directory,
      '-f',
      file,
      '-s',
      'malloc,64m',
      '-T',
      'none',
    ].concat(['-a', `127.0.0.1:${port}`, '-p', 'thread_pools=1', '-p', 'thread_pool_min=10']),
  })
  await untilListening(port)
  return { ...program, port, directory }
}

/** Squid as the accelerator of one origin; it keeps nothing. */
export async function startSquid(
  t: TestContext,
  { origin, lines = '' }: CacheOptions,
): Promise<Cache> {
  const directory = createDirectory(t)
  // Started by root it goes on as another user.
  chmodSync(directory, 0o777)
  const port = await freePort()
  const file = join(directory, 'squid.conf')
  writeFileSync(
    file,
    `
http_port 127.0.0.1:${port} accel no-vhost defaultsite=origin.example
cache_peer 127.0.0.1 parent ${origin} 0 no-query no-digest originserver name=origin
http_access allow all
cache deny all
access_log none
cache_log ${directory}/cache.log
pid_filename ${directory}/pid
coredump_dir ${directory}
pinger_enable off
shutdown_lifetime 0 seconds
request_body_max_size 0
http_upgrade_request_protocols websocket allow all
${lines}
`,
  )
  const program = startProgram(t, { path: toolPath('squid'), words: ['-N', '-f', file] })
  await untilListening(port)
  return { ...program, port, directory }
}
