// Makes node_modules ready for `npm pack`, which puts hyper-express into the package (bundleDependencies).
//
// hyper-express names the engine by a git repository, and `overrides` of ours do not count where our package is a
// dependency: npm would ask git, which a machine with npm alone does not have. So the copy that goes into the package
// does not name the engine, and finds the one that our own dependencies name. In a checkout this changes nothing.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

const file = 'node_modules/hyper-express/package.json'
const manifest = JSON.parse(readFileSync(file, 'utf8'))
delete manifest.dependencies['uWebSockets.js']
// In one step, since another process may be reading it. A new file in the directory also has npm look at the directory
// instead of its notes about it (node_modules/.package-lock.json).
writeFileSync(`${file}.new`, `${JSON.stringify(manifest, null, 2)}\n`)
renameSync(`${file}.new`, file)
