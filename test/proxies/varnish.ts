import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { findProgram } from '../support/installed.ts'
import { type RealProxy, printedSetup } from './real-proxy.ts'

export const varnish: RealProxy = {
  name: 'Varnish',
  source: 'Debian package varnish',
  find: () => findProgram('varnishd'),
  version: { words: ['-V'], in: /varnish-(\S+)/ },
  setups: [
    {
      name: 'default',
      about: 'a backend, and the built-in VCL: a cache',
      configuration: ({ traffic }) =>
        `vcl 4.1;\nbackend origin { .host = "127.0.0.1"; .port = "${traffic}"; }\n`,
    },
    printedSetup('Varnish', 'passes everything, pipes WebSockets'),
  ],
  prepare(configuration, { directory, port }) {
    const file = join(directory, 'origin.vcl')
    writeFileSync(file, configuration)
    // Its jail would give the directory to another user; without one it runs as we do.
    const words = ['-F', '-j', 'none', '-n', directory, '-f', file, '-s', 'malloc,64m']
    return [...words, '-T', 'none', '-a', `127.0.0.1:${port}`]
  },
}
