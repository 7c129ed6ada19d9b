// The project's own laws, where no linter knows them. A remark that a review makes twice becomes a
// test here.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { test } from 'node:test'

import { httpRows, tcpRows, wsRows } from '../../app/endpoints/table.ts'
import { type Source, filesBelow, importsOf, read, root, sourcesBelow } from '../support/sources.ts'

const app = sourcesBelow('app')
const tests = sourcesBelow('test')

/** `path:line` of every line that breaks a law. */
function linesThat(
  sources: readonly Source[],
  breaks: (line: string) => boolean,
): readonly string[] {
  return sources.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (breaks(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  )
}

test('no file and no folder has a name that says nothing', () => {
  const empty = /^(?:utils?|helpers?|commons?|misc|shared|stuff|lib)$/
  const found = [...filesBelow('app'), ...filesBelow('test')].filter((path) =>
    path.split('/').some((part) => empty.test(basename(part, extname(part)))),
  )
  assert.deepEqual(found, [])
})

test('no file exports again what another exports', () => {
  const found = linesThat([...app, ...tests], (line) => /^export\s.*\bfrom\s+['"]/.test(line))
  assert.deepEqual(found, [])
  const index = [...app, ...tests].filter(({ path }) => basename(path) === 'index.ts')
  assert.deepEqual(index, [])
})

/** The row a file exports, told by its maker; undefined for files that export none. */
function rowId(text: string): string | undefined {
  return /(?:\b(?:ws)?[eE]ndpoint\(|: TcpEndpoint = )\{\s*id: '([\w-]+)'/.exec(text)?.[1]
}

test('every file in the rooms of endpoints that exports a row is in the table', () => {
  const table = read('app/endpoints/table.ts')
  const ids = new Set([...httpRows, ...wsRows, ...tcpRows].map(({ id }) => id))
  const rows = app
    .filter(({ path }) => /^app\/endpoints\/(?:http|ws|tcp)\//.test(path))
    .map(({ path, text }) => ({ path, id: rowId(text) }))
    .filter((row) => row.id !== undefined)
  assert.equal(rows.length, ids.size)
  for (const { path, id = '' } of rows) {
    assert.ok(table.includes(`'${path.replace('app/endpoints', '.')}'`), `${path} is not imported`)
    assert.ok(ids.has(id), `${id} of ${path} is not in the table`)
  }
})

test('a file of a row is named like the row', () => {
  for (const { path, text } of app) {
    const id = path.startsWith('app/endpoints/') ? rowId(text) : undefined
    if (id !== undefined) assert.equal(basename(path, '.ts'), id)
  }
})

// One line above counts, because that is where a doc comment ends; rows describe themselves.
function undocumented({ path, text }: Source): readonly string[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    const name = /^export (?:abstract |async )*(?:function\*?|class|interface|const) (\w+)/.exec(
      line,
    )
    if (name === null || /= (?:ws)?[eE]ndpoint\(\{$/.test(line)) return []
    const above = lines[index - 1]?.trim() ?? ''
    // A file may open with its doc comment, as ours may say what the whole file is for.
    return above.endsWith('*/') ? [] : [`${path}:${index + 1} ${name[1]}`]
  })
}

test('every exported function, class, interface and constant says what it is for', () => {
  assert.deepEqual(app.flatMap(undocumented), [])
})

test('every dependency is named where the reasons are', (t) => {
  if (!existsSync(new URL('app/README.md', root))) {
    t.skip('there is no app/README.md yet')
    return
  }
  const { dependencies } = JSON.parse(read('package.json')) as {
    dependencies: Readonly<Record<string, string>>
  }
  const readme = read('app/README.md')
  const missing = Object.keys(dependencies).filter((name) => !readme.includes(name))
  assert.deepEqual(missing, [])
})

test('the lock does not name where a package came from', () => {
  assert.ok(!read('package-lock.json').includes('"resolved"'))
})

test('versions are exact', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Readonly<Record<string, string>>
  >
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    assert.match(version, /^(?:npm:@?[\w/-]+@)?\d+\.\d+\.\d+$/, name)
  }
})

test('a note of work that is left has the number of its issue', () => {
  // Each letter in brackets of its own, so that this line is none.
  const mark = /\b(?:TO[D]O|FIX[M]E)\b(?!\(#\d+\)| #\d+)/
  const found = linesThat([...app, ...tests], (line) => mark.test(line))
  assert.deepEqual(found, [])
})

test('the origin logs, it does not print', () => {
  const found = linesThat(app, (line) => /\bconsole\./.test(line))
  assert.deepEqual(found, [])
})

/** The folder of `test/` that a path lies in. */
function tierOf(path: string): string | undefined {
  return /^test\/(\w+)\//.exec(path)?.[1]
}

test('what tests of several tiers need is in test/support', () => {
  const tiers = new Set(
    tests.filter(({ path }) => path.endsWith('.test.ts')).map(({ path }) => tierOf(path)),
  )
  tiers.delete('support')
  assert.ok(tiers.has('unit') && tiers.has('conformance'))
  const strangers = tests
    // A program of its own, which looks into the tiers.
    .filter(({ path }) => tierOf(path) !== 'golden')
    .flatMap(importsOf)
    .filter(({ path, place }) => tiers.has(tierOf(place)) && tierOf(place) !== tierOf(path))
  assert.deepEqual(strangers, [])
})

test('a test waits by within and until, and lets time pass by pause alone', () => {
  const ofNode = /timers\/promises'|\(\(resolve\) => setTimeout/
  const found = linesThat(
    tests.filter(({ path }) => path !== 'test/support/wait.ts' && tierOf(path) !== 'bench'),
    (line) => ofNode.test(line) && !line.includes('setImmediate'),
  )
  assert.deepEqual(found, [])
})

test('only the config reads the environment or the command line', () => {
  // main.ts hands both in. What is written there for the engine is not read, and NODE_OPTIONS is
  // Node's own.
  const found = linesThat(
    app.filter(({ path }) => path !== 'app/main.ts'),
    (line) => /\bprocess\.(?:env|argv)\b(?!\['NODE_OPTIONS'\]|\['?\w+'?\] = )/.test(line),
  )
  assert.deepEqual(found, [])
})

test('no text names the machine that it was written on', () => {
  // After the endpoint /work comes a time.
  const place = /\/(?:(?:home|root|Users|opt)\/\w|work\/[a-z])/
  const found = linesThat([...app, ...tests], (line) => place.test(line) && !line.includes('place'))
  assert.deepEqual(found, [])
})

test('every import of a file beside us names its ending', () => {
  const found = linesThat([...app, ...tests], (line) =>
    /(?:from|import) ['"]\.[^'"]*(?<!\.(?:ts|json))['"]/.test(line),
  )
  assert.deepEqual(found, [])
})

test('a test in a folder is named like the source it tests, with more words where it is one part', () => {
  const sources = app.map(({ path }) => path.slice('app/'.length, -'.ts'.length))
  const names = tests
    .map(({ path }) => /^test\/unit\/(.+\/.+)\.test\.ts$/.exec(path)?.[1])
    .filter((name) => name !== undefined)
  assert.ok(names.length > 0)
  const isOfSource = (name: string): boolean =>
    sources.some((source) => name === source || name.startsWith(`${source}-`))
  const strangers = names.filter((name) => !isOfSource(name))
  assert.deepEqual(strangers, [])
})

test('no duration is measured with a clock that can be set', () => {
  // Dates that are shown, counts of seconds since 1970 and names of files; a deadline of gRPC and the instant at which a
  // scenario starts are dates.
  const dates =
    /Math\.floor\(Date\.now\(\) \/ 1000\)|Date\.now\(\) \/ 1000\b|hpdummy-[^`]*\$\{Date\.now\(\)\}|new Date\(Date\.now\(\)|(?:deadline|start\.at) - Date\.now\(\)/
  const found = linesThat(app, (line) => /\bDate\.now\(\)/.test(line) && !dates.test(line))
  assert.deepEqual(found, [])
})
