import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { parseAllDocuments } from 'yaml'

import { goTool, withoutGo } from '../../tools/tools.ts'
import { chart } from './values.ts'

/** For a test's `skip`: false when there is Helm, or Go to build it with. */
export const withoutHelm = (): string | false => withoutGo('helm')

/** What is rendered. */
export interface RenderOptions {
  readonly values?: object
  readonly valueFiles?: readonly string[]
  /** `1.29.0`; templates look at it. */
  readonly kubeVersion?: string
  readonly release?: string
}

/** An object as Kubernetes would get it. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  // Their shapes are as many as there are kinds; tests say which part they mean.
  readonly [part: string]: unknown
}

const defaultKubeVersion = '1.35.0'

/** What `helm template` writes; throws with its complaint when it refuses. */
export function renderText(options: RenderOptions = {}): string {
  const { release = 'hpdummy', kubeVersion = defaultKubeVersion } = options
  return withValueFiles(options, (files) =>
    helm(
      'template',
      release,
      chart,
      '--namespace',
      'load',
      '--kube-version',
      kubeVersion,
      ...files,
    ),
  )
}

/** The objects of `renderText`. */
export function render(options: RenderOptions = {}): readonly Manifest[] {
  return parseManifests(renderText(options))
}

/** The notes an installation ends with. */
export function renderNotes(options: RenderOptions = {}): string {
  const { release = 'hpdummy' } = options
  const output = withValueFiles(options, (files) =>
    helm('install', release, chart, '--namespace', 'load', '--dry-run=client', ...files),
  )
  return output.slice(output.indexOf('NOTES:'))
}

/** Runs Helm; its output, or an error with what it said. */
export function helm(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(goTool('helm'), words, {
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    // No cluster and no settings of whoever runs this.
    env: { PATH: process.env['PATH'], HOME: tmpdir(), KUBECONFIG: '/dev/null' },
  })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

/** Objects out of a stream of YAML documents; fails on what is no YAML. */
export function parseManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text, { schema: 'yaml-1.1' }).flatMap((document) => {
    const [error] = 'errors' in document ? document.errors : []
    if (error !== undefined) throw error
    const value = document.toJSON() as Manifest | null
    return value === null ? [] : [value]
  })
}

function withValueFiles<T>(
  { values = {}, valueFiles = [] }: RenderOptions,
  run: (flags: readonly string[]) => T,
): T {
  const directory = mkdtempSync(join(tmpdir(), 'hpdummy-values-'))
  try {
    const own = join(directory, 'values.yaml')
    // JSON is YAML in which Off is no truth.
    writeFileSync(own, JSON.stringify(values))
    return run([...valueFiles, own].flatMap((file) => ['--values', file]))
  } finally {
    rmSync(directory, { recursive: true })
  }
}
