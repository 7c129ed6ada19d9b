import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { findProgram } from '../support/installed.ts'
import { type RealProxy, printedSetup } from './real-proxy.ts'

export const nginx: RealProxy = {
  name: 'nginx',
  source: 'Debian package nginx-light',
  find: () => findProgram('nginx'),
  version: { words: ['-v'], in: /nginx\/(\S+)/ },
  setups: [
    {
      name: 'default',
      about: '`proxy_pass` alone',
      configuration: ({ port, traffic }) => `
server {
  listen 127.0.0.1:${port};
  location / { proxy_pass http://127.0.0.1:${traffic}; }
}`,
    },
    printedSetup('nginx', 'HTTP/1.1, kept connections, no buffering, WebSocket'),
  ],
  prepare(configuration, { directory }) {
    // Started by root its workers go on as another user.
    chmodSync(directory, 0o777)
    const file = join(directory, 'nginx.conf')
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    writeFileSync(
      file,
      `
daemon off;
pid ${directory}/pid;
error_log ${directory}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
${temporary.map((name) => `  ${name}_temp_path ${directory}/${name};`).join('\n')}
${configuration}
}
`,
    )
    return ['-p', directory, '-c', file, '-e', join(directory, 'error.log')]
  },
}
