// Which room imports which: the rules that the linter has, compared with the imports that there are.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { importsOf, read, sourcesBelow } from '../support/sources.ts'

const app = sourcesBelow('app')

// Each room may import those below it, and the files beside them.
const below: Readonly<Record<string, readonly string[]>> = {
  traffic: [],
  // Checks know the bytes that they ask for; the linter holds the rest of the room to nothing.
  evidence: ['traffic'],
  telemetry: [],
  budgets: [],
  config: ['traffic', 'errors.ts', 'look.ts', 'nearest.ts'],
  load: ['traffic', 'nearest.ts'],
  // The shapes of accounts that they show.
  endpoints: ['traffic', 'evidence', 'telemetry', 'budgets', 'errors.ts', 'nearest.ts'],
  listeners: ['endpoints', 'traffic', 'evidence', 'telemetry', 'budgets', 'errors.ts', 'look.ts'],
}

test('arrows point down: a room imports only what is below it', () => {
  for (const [room, allowed] of Object.entries(below)) {
    const sources = app.filter(({ path }) => path.startsWith(`app/${room}/`))
    assert.ok(sources.length > 0, `the room ${room} is empty`)
    for (const { path, place } of sources.flatMap(importsOf)) {
      const [, first = ''] = place.split('/')
      assert.ok(first === room || allowed.includes(first), `${path} imports ${place}`)
    }
  }
})

interface LinterRule {
  readonly files: readonly string[]
  readonly rules: {
    readonly 'no-restricted-imports'?: readonly [
      string,
      { readonly patterns: readonly { readonly regex: string }[] },
    ]
  }
}

/** What the linter forbids the files of a folder to import; undefined where no rule names the folder. */
function forbiddenIn(folder: string): ((specifier: string) => boolean) | undefined {
  const { overrides } = JSON.parse(read('.oxlintrc.json')) as { overrides: readonly LinterRule[] }
  const isOfFolder = (glob: string): boolean => [`${folder}/**`, `${folder}/*.ts`].includes(glob)
  const [, restricted] =
    overrides.findLast(
      ({ files, rules }) => 'no-restricted-imports' in rules && files.some(isOfFolder),
    )?.rules['no-restricted-imports'] ?? []
  if (restricted === undefined) return undefined
  return (specifier) => restricted.patterns.some(({ regex }) => new RegExp(regex).test(specifier))
}

test('the linter allows only those arrows between the folders of a room that are there', () => {
  const folders = [...new Set(app.map(({ path }) => folderOf(path)))]
  const imports = new Set(
    app.flatMap(importsOf).map(({ path, place }) => [path, place].map(folderOf).join(' > ')),
  )
  for (const folder of folders.filter((name) => name !== 'app')) {
    const isForbidden = forbiddenIn(folder)
    assert.ok(isForbidden, `.oxlintrc.json has no rule for the files of ${folder}`)
    const room = folderOf(folder)
    const beside = folders.filter((name) => folderOf(name) === room && name !== folder)
    for (const other of room === 'app' ? [] : beside) {
      const isThere = imports.has(`${folder} > ${other}`)
      const isAllowed: boolean = !isForbidden(`..${other.slice(room.length)}/file.ts`)
      assert.equal(isAllowed, isThere, `${folder} may import ${other}: ${isAllowed}`)
    }
  }
})

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
