import { textBody } from '../answers.ts'
import type { Endpoint, Parameter, Parameters } from '../endpoint.ts'
import { endpoint } from '../endpoint.ts'

/** A row as it is shown: by its path, or by its id when it has a port to itself. */
export interface ShownRow {
  readonly id: string
  readonly path?: string
  readonly summary: string
  readonly parameters?: Parameters
}

/** The row of /help, which is made of all other rows. */
export function createHelp(rows: () => readonly ShownRow[]): Endpoint {
  return endpoint({
    id: 'help',
    path: '/help',
    summary: 'This text',
    parameters: {},
    group: 'state',
    answers: {
      200: { description: 'Every endpoint', content: { 'text/plain': textBody } },
    },
    reads: 'nothing',
    examples: [
      {
        path: '/help',
        status: 200,
        expectHeaders: { 'content-type': 'text/plain; charset=utf-8' },
      },
    ],
    handle: () => ({
      status: 200,
      headers: [['Content-Type', 'text/plain; charset=utf-8']],
      body: { kind: 'bytes', bytes: helpText(rows()) },
    }),
  })
}

/** One paragraph per endpoint: path, what it does, and each parameter with its default. */
export function helpText(rows: readonly ShownRow[]): string {
  const paragraphs = rows.map(({ id, path = id, summary, parameters = {} }) =>
    [`${path}\n    ${summary}`, ...Object.entries(parameters).map(parameterLine)].join('\n'),
  )
  return `hpdummy: the origin behind your proxy\n\n${paragraphs.join('\n\n')}\n`
}

function parameterLine([name, { in: place, codec, doc }]: [string, Parameter]): string {
  const shown = place === 'query' ? `?${name}=` : `{${name}}`
  const fallback = codec.schema['default'] as string | number | boolean | undefined
  const more = fallback === undefined || fallback === '' ? '' : ` (default ${fallback})`
  return `      ${shown.padEnd(14)} ${doc}${more}`
}
