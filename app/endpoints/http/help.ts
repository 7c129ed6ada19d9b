import type { Endpoint, Parameter } from '../endpoint.ts'
import { endpoint } from '../endpoint.ts'
import type { WsEndpoint } from '../ws/ws-endpoint.ts'

/** The row of /help, which shows all other rows and so is made of them. */
export function createHelp(rows: () => readonly (Endpoint | WsEndpoint)[]): Endpoint {
  return endpoint({
    id: 'help',
    path: '/help',
    summary: 'This text',
    parameters: {},
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
export function helpText(rows: readonly (Endpoint | WsEndpoint)[]): string {
  const paragraphs = rows.map((row) =>
    [`${row.path}\n    ${row.summary}`, ...Object.entries(row.parameters).map(parameterLine)].join(
      '\n',
    ),
  )
  return `hpdummy: the origin behind your proxy\n\n${paragraphs.join('\n\n')}\n`
}

function parameterLine([name, { in: place, codec, doc }]: [string, Parameter]): string {
  const shown = place === 'query' ? `?${name}=` : `{${name}}`
  const fallback = codec.schema['default']
  const more = fallback === undefined ? '' : ` (default ${JSON.stringify(fallback)})`
  return `      ${shown.padEnd(14)} ${doc}${more}`
}
