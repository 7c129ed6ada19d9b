import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { findProgram } from '../support/installed.ts'
import { type RealProxy, printedSetup } from './real-proxy.ts'

export const squid: RealProxy = {
  name: 'Squid',
  source: 'Debian package squid',
  find: () => findProgram('squid'),
  version: { words: ['-v'], in: /Version (\S+)/ },
  setups: [
    {
      name: 'default',
      about: 'accelerator of one origin, with its cache in memory',
      configuration: ({ port, traffic }) => `
http_port 127.0.0.1:${port} accel no-vhost defaultsite=origin.example
cache_peer 127.0.0.1 parent ${traffic} 0 no-query no-digest originserver name=origin
http_access allow all
`,
    },
    printedSetup('Squid', 'no cache, uploads of any size, WebSocket, short idle times'),
  ],
  prepare(configuration, { directory }) {
    // Started by root it goes on as another user.
    chmodSync(directory, 0o777)
    const file = join(directory, 'squid.conf')
    const files = `access_log none
cache_log ${directory}/cache.log
pid_filename ${directory}/pid
coredump_dir ${directory}
pinger_enable off
shutdown_lifetime 0 seconds
`
    writeFileSync(file, files + configuration)
    return ['-N', '-f', file]
  },
}
