import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

import { environmentName, settings } from '../../app/config/settings.ts'
import { ownPaths } from '../support/chart/values-schema.ts'
import { chart, chartValues } from '../support/chart/values.ts'
import { usedValues } from './used-values.ts'

const values = chartValues()

const templates = readdirSync(`${chart}/templates`, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(?:tpl|yaml|txt)$/.test(name))
  .map((name) => readFileSync(`${chart}/templates/${name}`, 'utf8'))

const used = new Set(templates.flatMap(usedValues))

test('the reader of templates knows what a dot stands for', () => {
  const template = `
    {{ .Values.a.b }} {{ $.Values.c }} {{ .Release.Name }}
    {{- with .Values.d }}{{ if .e }}{{ .f.g | quote }}{{ end }}
      {{- range .list }}{{ .notOurs }}{{ $.Values.h }}{{ end }}
      {{- with .i }}{{ . }}{{ .j }}{{ end }}{{ include "x" .k }}
    {{- end }}
    {{ .notOurs }}`
  const wanted = ['a.b', 'c', 'd', 'd.e', 'd.f.g', 'd.list', 'h', 'd.i', 'd.i.j', 'd.k']
  assert.deepEqual(usedValues(template), wanted)
})

test('every value is used by a template, itself or in the map it is in', () => {
  const idle = values
    .map(({ path }) => path)
    .filter((path) => {
      const steps = path.split('.')
      return !steps.some((_, index) => used.has(steps.slice(0, index + 1).join('.')))
    })
  assert.deepEqual(idle, [])
})

test('every value that a template uses is in values.yaml', () => {
  const known = values.map(({ path }) => path)
  const strangers = [...used].filter(
    (path) =>
      !known.some((name) => name === path || name.startsWith(`${path}.`)) &&
      !known.some((name) => path.startsWith(`${name}.`) && ownPaths.includes(name)),
  )
  assert.deepEqual(strangers, [])
})

test('every value says what it is for', () => {
  const silent = values.filter(({ doc }) => doc.length < 5).map(({ path }) => path)
  assert.deepEqual(silent, [])
})

test('every schema of ours is of a value there is', () => {
  const known = new Set(values.map(({ path }) => path))
  assert.deepEqual(
    ownPaths.filter((path) => !known.has(path)),
    [],
  )
})

test('every port of the program has a row in ports', () => {
  const rows = values.find(({ path }) => path === 'ports')?.default as Record<
    string,
    { readonly setting: string }
  >
  const known = new Set(Object.values(rows).map(({ setting }) => setting))
  const ports = Object.entries(settings).filter(([, { format }]) =>
    format.allowed.startsWith('a port'),
  )
  assert.ok(ports.length >= 3)
  const missing = ports.map(([name]) => name).filter((name) => !known.has(name))
  assert.deepEqual(missing, ['admin.port'], 'which has a Service of its own')
})

test('every setting and variable that a template names is one of the program', () => {
  const text = templates.join('')
  const names = Object.keys(settings)
  const asked = [...text.matchAll(/"name" "([a-z][\w]*\.[\w.]+)"/g)].map(([, name]) => name)
  const written = [...text.matchAll(/set \$flat "([\w.]+)"/g)].map(([, name]) => name)
  assert.ok(asked.length >= 3 && written.length >= 2)
  const strangers = [...asked, ...written].filter((name = '') => !names.includes(name))
  const variables = new Set(names.map(environmentName))
  // Those a Service would make are only spoken of.
  const given = [...text.matchAll(/- name: (HPDUMMY_\w+)/g)].map(([, name = '']) => name)
  assert.ok(given.length >= 5)
  assert.deepEqual([...strangers, ...given.filter((name) => !variables.has(name))], [])
})
