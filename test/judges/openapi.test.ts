// The OpenAPI document of a running origin before other people's validators, and the origin before a
// program that asks it whatever the document allows.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { createDirectory, run } from '../support/programs.ts'
import { pythonTool, withoutPython } from '../tools/python.ts'

// Waits and payloads that a generated value may ask for.
const small = { 'limits.delay': '50ms', 'limits.payload': '64K', 'limits.count': 100 }

test('redocly has nothing to say about the OpenAPI document', async (t) => {
  const { file, directory } = await download(t)
  const words = ['lint', file, '--extends=recommended', '--format=json', ...skippedRules]
  const { code, output } = await judge(redocly, words, directory)
  assert.equal(code, 0, output)
  const { totals } = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) as {
    readonly totals: { readonly errors: number; readonly warnings: number }
  }
  assert.deepEqual([totals.errors, totals.warnings], [0, 0], output)
})

suite('the OpenAPI document', { skip: withoutPython() }, () => {
  test('openapi-spec-validator finds it valid', async (t) => {
    const { file, directory } = await download(t)
    const { code, output } = await judge(pythonTool('openapi-spec-validator'), [file], directory)
    assert.equal(code, 0, output)
  })

  for (const listener of ['http', 'wire'] as const) {
    test(`schemathesis finds that ${listener} does what it says`, async (t) => {
      const { origin, file, directory } = await download(t)
      const { code, output } = await judge(
        pythonTool('schemathesis'),
        [
          ...asked(file, origin.ports[listener]),
          '--exclude-tag=admin',
          ...(listener === 'wire' ? withoutInterim : []),
        ],
        directory,
      )
      assert.equal(code, 0, output)
    })
  }

  test('schemathesis finds that the admin port does what it says', async (t) => {
    const { origin, file, directory } = await download(t)
    const { code, output } = await judge(
      pythonTool('schemathesis'),
      [
        ...asked(file, origin.ports.admin),
        '--include-tag',
        'admin',
        // Endless, the end of the origin, unready by request, and half a minute each.
        '--exclude-path-regex',
        '^/(sse/metrics|drain|readyz|profile/)',
      ],
      directory,
    )
    assert.equal(code, 0, output)
  })
})

const redocly = fileURLToPath(new URL('../../node_modules/.bin/redocly', import.meta.url))

// The handshake of a WebSocket succeeds with 101; the unit tests ask a 2XX of all other operations.
const skippedRules = ['--skip-rule=operation-2xx-response']

// Python takes any 1xx but 100 for the answer, and the answer for that of its next request.
const withoutInterim = ['--exclude-path-regex=^/(early-hints$|status/)']

const configFile = fileURLToPath(new URL('./schemathesis.toml', import.meta.url))

// A seed of our own, so that a failure is the same the next time.
function asked(file: string, port: number): readonly string[] {
  return [
    `--config-file=${configFile}`,
    'run',
    file,
    `--url=http://127.0.0.1:${port}`,
    '--mode=positive',
    '--phases=examples,coverage,fuzzing',
    '--max-examples=10',
    '--seed=11',
    '--workers=1',
    '--request-timeout=10',
    '--suppress-health-check=all',
    '--no-color',
  ]
}

async function judge(
  path: string,
  words: readonly string[],
  cwd: string,
): Promise<{ readonly code: number | string; readonly output: string }> {
  // It keeps notes where it runs.
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  const { code, stdout, stderr } = await run(path, words, { withinMs: 240_000, cwd, env })
  return { code, output: `${stdout.toString()}${stderr}` }
}

async function download(
  t: TestContext,
): Promise<{ origin: TestOrigin; file: string; directory: string }> {
  const origin = await startOrigin(t, small)
  const answer = await fetch(`http://127.0.0.1:${origin.ports.admin}/openapi.json`)
  const directory = createDirectory(t)
  const file = join(directory, 'openapi.json')
  writeFileSync(file, await answer.text())
  return { origin, file, directory }
}
