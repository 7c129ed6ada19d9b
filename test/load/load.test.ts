import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'

import { parse } from 'yaml'

import { startOrigin } from '../support/origin.ts'
import { freePort } from '../support/ports.ts'
import { type Ended, run } from '../support/programs.ts'
import { goTool, withoutGo } from '../tools/tools.ts'

// Two cores for both sides, and other people's work: what is judged here are the scripts.
const gentle = {
  'smoke.js': { ITERATIONS: 2 },
  'throughput-bin.js': { VUS: 2, DURATION: '1s', LEAST_BYTES_PER_SECOND: 1e6 },
  'latency.js': { RATE: 100, DURATION: '2s', P99_MS: 1000 },
  'ws.js': { VUS: 4, ITERATIONS: 8, MESSAGES: 50, P99_MS: 1000 },
  'soak.js': { RATE: 50, DURATION: '2s' },
  'drain.js': { VUS: 2, DURATION: '1s' },
  'quick.js': { VUS: 2, DURATION: '1s', P95_MS: 3000 },
  'registration.js': { STAGES: '1s:2,1s:0', THINK: 0.1, P95_MS: 3000 },
  'stress.js': { STAGES: '1s:4,1s:0', P99_MS: 5000 },
  'compare.js': { STAGES: '1s:2,1s:0', SLACK: 10 },
  'sse.js': { VUS: 2, ITERATIONS: 4, EVENTS: 5 },
  'grpc.js': { VUS: 2, ITERATIONS: 20, P99_MS: 3000 },
  'mixed.js': { VUS: 2, DURATION: '2s', RATE: 20, MESSAGES: 20, EVENTS: 5 },
} as const

const runs = 'k8s/load/k6'
const jobs = 'k8s/load/fortio'

interface Job {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] }
    }
  }
}

interface TestRun {
  readonly spec: {
    readonly runner: {
      readonly envFrom: readonly { readonly configMapRef: { readonly name: string } }[]
    }
  }
}

interface FortioResult {
  readonly ActualQPS: number
  readonly RetCodes: Readonly<Record<string, number>>
}

// What k6 exits with when a threshold was crossed.
const crossed = 99

suite('load scripts', { skip: withoutGo('k6', 'fortio') }, () => {
  for (const [script, settings] of Object.entries(gentle)) {
    test(`${script} is content with the origin`, async (t) => {
      const { url, ports } = await startOrigin(t)
      const { code, stdout } = await k6(script, { ...settings, ...aims(url, ports) })
      t.diagnostic(summaryOf(stdout))
      assert.equal(code, 0, stdout.toString())
    })

    test(`${script} fails where nobody listens`, async () => {
      const port = await freePort()
      const nobody = aims(`http://127.0.0.1:${port}`, { grpc: port, wire: port })
      const { code, stdout } = await k6(script, { ...settings, ...nobody })
      assert.equal(code, crossed, stdout.toString())
    })
  }

  for (const name of readdirSync(jobs)) {
    test(`fortio, as ${name} calls it`, async (t) => {
      const { url } = await startOrigin(t)
      const { code, stdout, stderr } = await run(goTool('fortio'), fortioWords(name, url))
      assert.equal(code, 0, stderr)
      const { ActualQPS, RetCodes } = JSON.parse(stdout.toString()) as FortioResult
      t.diagnostic(`${Math.round(ActualQPS)} requests per second`)
      assert.deepEqual(Object.keys(RetCodes), ['200'])
    })
  }

  test('the images are of the versions that are tried here', () => {
    const modules = readFileSync('test/tools/load/go.mod', 'utf8')
    const known = { [runs]: 'go.k6.io/k6', [jobs]: 'fortio.org/fortio' }
    for (const [folder, module] of Object.entries(known)) {
      const version = new RegExp(`${module} v(\\S+)`).exec(modules)?.[1]
      for (const name of readdirSync(folder)) {
        const image = /image: \S+:(\S+)/.exec(readFileSync(`${folder}/${name}`, 'utf8'))?.[1]
        assert.equal(image, version, name)
      }
    }
  })

  test('all of them are looked at, and in the ConfigMap', () => {
    const scripts = readdirSync('test/load').filter((name) => name.endsWith('.js'))
    assert.deepEqual(scripts.toSorted(), [...Object.keys(gentle), 'target.js'].toSorted())
    const kustomization = readFileSync('test/load/kustomization.yaml', 'utf8')
    const mapped = [...kustomization.matchAll(/^ +- (\S+\.js)$/gm)].map(([, name]) => name ?? '')
    assert.deepEqual(mapped.toSorted(), scripts.toSorted())
  })
})

test('without a TARGET a script asks the origin on this machine, and a run in a cluster always has one', async () => {
  // As k6 has it: the variables of the run.
  Object.assign(globalThis, { __ENV: {} })
  const file = pathToFileURL('test/load/target.js').href
  const { target, grpcTarget } = (await import(file)) as Readonly<Record<string, unknown>>
  assert.deepEqual([target, grpcTarget], ['http://localhost:8080', 'localhost:50051'])
  const environment = 'k6-environment'
  const { configMapGenerator } = parse(readFileSync('k8s/load/kustomization.yaml', 'utf8')) as {
    readonly configMapGenerator: readonly {
      readonly name: string
      readonly literals: readonly string[]
    }[]
  }
  const { literals = [] } = configMapGenerator.find(({ name }) => name === environment) ?? {}
  assert.ok(
    literals.some((one) => /^TARGET=http:\/\/[\w.-]+\.svc$/.test(one)),
    literals.join(),
  )
  for (const name of readdirSync(runs)) {
    const { spec } = parse(readFileSync(`${runs}/${name}`, 'utf8')) as TestRun
    const maps = spec.runner.envFrom.map(({ configMapRef }) => configMapRef.name)
    assert.deepEqual(maps, [environment], name)
  }
})

/** Whom a script aims at, by the variables that say so. */
function aims(
  url: string,
  { grpc, wire }: { readonly grpc: number; readonly wire: number },
): Readonly<Record<string, string>> {
  return {
    TARGET: url,
    GRPC_TARGET: `127.0.0.1:${grpc}`,
    DIRECT: `${url}/`,
    WIRE: `http://127.0.0.1:${wire}/`,
    POOLED: `${url}/work/10`,
  }
}

function k6(script: string, settings: Readonly<Record<string, string | number>>): Promise<Ended> {
  const words = Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`])
  // Without the port of k6's own API, which the next one might still find taken.
  const alone = ['--quiet', '--no-usage-report', '--address=']
  return run(goTool('k6'), ['run', ...alone, ...words, `test/load/${script}`])
}

/** The arguments of the Job, for a second and against `url`. */
function fortioWords(name: string, url: string): readonly string[] {
  const { spec } = parse(readFileSync(`${jobs}/${name}`, 'utf8')) as Job
  const [container = assert.fail('the Job has no container')] = spec.template.spec.containers
  return container.args.map((word) =>
    word.replace(/^-t=.*/, '-t=1s').replace('http://hpdummy.hpdummy.svc', url),
  )
}

function summaryOf(stdout: Buffer): string {
  const wanted = /^\s*(?:http_reqs|ws_msgs_received|data_received)\.+:.*$/gm
  const lines = stdout.toString().match(wanted) ?? []
  return lines
    .map((line) =>
      line
        .trim()
        .replaceAll(/\.*: +/g, ': ')
        .replaceAll(/ +/g, ' '),
    )
    .join(', ')
}
