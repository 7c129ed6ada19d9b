// The project's own files, for the tests that judge them.
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The root of the project. */
export const root = new URL('../../', import.meta.url)

/** A file and its text. */
export interface Source {
  /** From the root of the project, with slashes. */
  readonly path: string
  readonly text: string
}

/** The text of a file, by its path from the root. */
export function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8')
}

/** All files below a folder but those that are made or installed. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(fileURLToPath(new URL(folder, root)), { withFileTypes: true }).flatMap(
    (entry) => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) {
        return ['node_modules', 'build'].includes(entry.name) ? [] : filesBelow(path)
      }
      return [path]
    },
  )
}

/** The TypeScript files below a folder. */
export function sourcesBelow(folder: string): readonly Source[] {
  return filesBelow(folder)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: read(path) }))
}

/** What a file imports of ours, from the root of the project. */
export function importsOf({
  path,
  text,
}: Source): readonly { readonly path: string; readonly place: string }[] {
  return [...text.matchAll(/(?:from|import) ['"](\.[^'"]*)['"]/g)].map(([, target = '']) => ({
    path,
    place: new URL(target, new URL(path, root)).href.slice(root.href.length),
  }))
}
