import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { findProgram } from '../support/installed.ts'
import { type RealProxy, printedSetup } from './real-proxy.ts'

const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'proxy_wstunnel']

export const apache: RealProxy = {
  name: 'Apache httpd',
  source: 'Debian package apache2',
  find: () => findProgram('apache2'),
  version: { words: ['-v'], in: /Apache\/(\S+)/ },
  setups: [
    {
      name: 'default',
      about: '`ProxyPass` alone',
      configuration: ({ port, traffic }) => `
Listen 127.0.0.1:${port}
ProxyPass / http://127.0.0.1:${traffic}/
`,
    },
    printedSetup('Apache httpd', 'raw targets, Via, WebSocket, streams pass at once'),
  ],
  prepare(configuration, { directory }) {
    // Started by root its workers go on as another user.
    chmodSync(directory, 0o777)
    const file = join(directory, 'apache.conf')
    const user = process.getuid?.() === 0 ? 'User www-data\nGroup www-data\n' : ''
    writeFileSync(
      file,
      `ServerName localhost
ServerRoot ${directory}
DefaultRuntimeDir ${directory}
PidFile ${directory}/pid
ErrorLog ${directory}/error.log
${user}${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${configuration}
`,
    )
    return ['-f', file, '-DFOREGROUND']
  },
}
