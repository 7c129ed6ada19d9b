import { spawnSync } from 'node:child_process'

/**
 * The folder of a Go module (`path@version`), fetched when it is not there. Modules carry more than Go: CRDs,
 * schemas. Go's own client checks their sums. Throws with its reason when it cannot be had.
 */
export function moduleFolder(module: string): string {
  const { stdout, stderr } = spawnSync('go', ['mod', 'download', '-json', module], {
    encoding: 'utf8',
  })
  const { Dir, Error: reason } = JSON.parse(stdout || '{}') as {
    readonly Dir?: string
    readonly Error?: string
  }
  if (Dir === undefined) throw new Error(`${module}: ${reason ?? stderr}`)
  return Dir
}
