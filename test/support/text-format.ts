import assert from 'node:assert/strict'

/** One line of a scrape. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

// prom-client writes NaN as Nan, which Prometheus reads in any case.
const comment = /^# (?:HELP [a-z_]\w* .+|TYPE [a-z_]\w* (?:counter|gauge|histogram|summary))$/
const sample = /^([a-z_]\w*)(?:\{(.*)\})? (-?[\d.]+(?:e[+-]\d+)?|Nan|[+-]Inf)$/
const label = /([a-z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/g

/** Reads the text format line by line and fails on a line that is none. */
export function parseText(text: string): readonly Sample[] {
  assert.ok(text.endsWith('\n'))
  const samples: Sample[] = []
  for (const line of text.trimEnd().split('\n')) {
    if (line === '' || comment.test(line)) continue
    const [, name, inBraces = '', value] = sample.exec(line) ?? []
    assert.ok(name !== undefined, `no line of the text format: ${line}`)
    const labels = [...inBraces.matchAll(label)].map(
      ([, key = '', quoted = '']) => [key, quoted] as const,
    )
    const written = labels.map(([key, quoted]) => `${key}="${quoted}"`).join(',')
    assert.equal(written, inBraces.replace(/,$/, ''), line)
    samples.push({ name, labels: Object.fromEntries(labels), value: Number(value) })
  }
  return samples
}

/** The value of the one sample that has the name, and these labels among its own. */
export function valueOf(
  samples: readonly Sample[],
  name: string,
  labels: Sample['labels'] = {},
): number {
  const found = samples.filter(
    (one) =>
      one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text),
  )
  assert.equal(found.length, 1, `${found.length} samples of ${name} ${JSON.stringify(labels)}`)
  return found[0]?.value ?? Number.NaN
}
