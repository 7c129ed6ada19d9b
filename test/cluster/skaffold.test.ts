import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { parse } from 'yaml'

import { helm, parseManifests } from '../support/chart/helm.ts'
import { chart } from '../support/chart/values.ts'
import { run } from '../support/programs.ts'
import { moduleFolder } from '../tools/modules.ts'
import { goTool, withoutGo } from '../tools/tools.ts'

interface Skaffold {
  readonly apiVersion: string
  readonly deploy: { readonly helm: { readonly releases: readonly Release[] } }
  readonly portForward: readonly { readonly resourceName: string; readonly port: number }[]
}

interface Release {
  readonly setValues: Readonly<Record<string, unknown>>
  readonly setValueTemplates: Readonly<Record<string, unknown>>
}

const { apiVersion, deploy, portForward } = parse(readFileSync('skaffold.yaml', 'utf8')) as Skaffold

suite('skaffold.yaml', { skip: withoutGo('helm', 'kubeconform') }, () => {
  test('is what its version of the schema allows', async () => {
    const skaffold = moduleFolder('github.com/GoogleContainerTools/skaffold/v2@v2.16.1')
    const schemas = join(skaffold, 'docs-v2/content/en/schemas')
    const version = apiVersion.replace('skaffold/', '')
    const { code, stdout } = await run(goTool('kubeconform'), [
      '-verbose',
      '-schema-location',
      join(schemas, `${version}.json`),
      'skaffold.yaml',
    ])
    assert.equal(code, 0, stdout.toString())
    assert.match(stdout.toString(), /is valid/)
  })

  test('sets values that the chart has, and forwards ports that it opens', () => {
    const [release = assert.fail('there is no release')] = deploy.helm.releases
    const values = Object.entries({ ...release.setValues, ...release.setValueTemplates })
    const flags = values.map(
      ([name, value]) => `--set=${name}=${String(value).replace(/{.*}/, 'x')}`,
    )
    const manifests = parseManifests(helm('template', 'hpdummy', chart, ...flags))
    const open = manifests
      .filter(({ kind }) => kind === 'Service')
      .flatMap(({ metadata, ...rest }) => {
        const { ports } = rest['spec'] as { readonly ports: readonly { readonly port: number }[] }
        return ports.map(({ port }) => `${metadata.name}:${port}`)
      })
    for (const { resourceName, port } of portForward) {
      assert.ok(
        open.includes(`${resourceName}:${port}`),
        `${resourceName}:${port} of ${open.join()}`,
      )
    }
  })
})
