import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { findProgram } from '../support/installed.ts'
import { type Place, type RealProxy, printedSetup } from './real-proxy.ts'

const plain = ({ port, traffic }: Place, words = ''): string => `
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend clients
  bind 127.0.0.1:${port}
  default_backend origin
backend origin
  server hpdummy 127.0.0.1:${traffic} ${words}
`

export const haproxy: RealProxy = {
  name: 'HAProxy',
  source: 'Debian package haproxy',
  find: () => findProgram('haproxy'),
  version: { words: ['-v'], in: /version (\d[\d.]*)/ },
  setups: [
    {
      name: 'default',
      about: 'a frontend, a backend, three timeouts',
      configuration: (place) => plain(place),
    },
    printedSetup('HAProxy', 'Via, health check, timeout of tunnels'),
    {
      name: 'h2',
      about: 'as default, with HTTP/2 to the origin (`proto h2`)',
      configuration: (place) => plain(place, 'proto h2'),
    },
  ],
  prepare(configuration, { directory }) {
    const file = join(directory, 'haproxy.cfg')
    writeFileSync(file, configuration)
    return ['-q', '-db', '-f', file]
  },
}
