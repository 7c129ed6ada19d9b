// Compiles app to lib: Node strips no types below node_modules. The package and the image hold what comes out.
import { execFileSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

// Files of the sources that are gone would stay.
rmSync('lib', { recursive: true, force: true })
// No source maps: what the compiler writes keeps names and comments, so a stack trace can be followed in it.
const compiler = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
execFileSync(process.execPath, [join(compiler, 'bin/tsc'), '-p', 'tsconfig.lib.json'], {
  stdio: 'inherit',
})
cpSync('app/web', 'lib/web', { recursive: true, filter: (path) => !/\.d\.ts$|\.json$/.test(path) })
// The viewer of /api. Not a dependency of the package: its own dependency reports each installation to its makers.
const viewer = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css', 'LICENSE', 'NOTICE']) {
  cpSync(join(viewer, file), join('lib/web/swagger-ui', file))
}
