import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { parse } from 'yaml'

import { readVerifyOptions } from '../../../app/commands/verify-options.ts'

interface Job {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] }
    }
  }
}

test('the Job in k8s/verify asks for what there is', () => {
  const { spec } = parse(readFileSync('k8s/verify/job.yaml', 'utf8')) as Job
  const [command, ...words] = spec.template.spec.containers[0]?.args ?? []
  assert.equal(command, 'verify')
  const options = readVerifyOptions(words)
  assert.ok('url' in options, JSON.stringify(options))
  assert.deepEqual(options.origins, ['hpdummy-headless:9000'])
})
