import { readFileSync } from 'node:fs'

import { createHelp } from '../../app/commands/help.ts'
import { settingTopics, settingsOf } from '../../app/commands/setting-list.ts'
import { commands } from '../../app/commands/table.ts'
import {
  type SettingName,
  environmentName,
  flagName,
  settings,
  showSetting,
} from '../../app/config/settings.ts'
import { helpText } from '../../app/endpoints/http/help.ts'
import { createOpenApi } from '../../app/endpoints/openapi.ts'
import {
  grpcRows,
  httpRows,
  shownRows,
  tcpRows,
  udpRow,
  wsRows,
} from '../../app/endpoints/table.ts'
import type { Check } from '../../app/evidence/checks/check.ts'
import { checks } from '../../app/evidence/checks/table.ts'
import { type AdminParts, createAdminRoutes } from '../../app/runtime/admin/routes.ts'
import type { Fault } from '../../app/traffic/faults/plan.ts'
import { behaviours, byteFaults } from '../../app/traffic/faults/table.ts'
import { apiOutline } from './api-outline.ts'
import { chartGoldens, renderedExamples } from './chart.ts'
import { codeMap } from './code-map.ts'
import { dashboardGoldens } from './dashboards/dashboards.ts'
import { lockGolden } from './lock.ts'
import { renderedManifests } from './rendered.ts'

/** A file that is made from the code, and what it should say. */
export interface Golden {
  readonly file: string
  readonly text: () => string
}

/** The text of --help. */
const usageText = createHelp(() => commands).help

/** Every text that would drift if it were kept by hand, and needs npm alone. */
export const goldens: readonly Golden[] = [
  { file: 'package-lock.json', text: lockGolden },
  { file: 'test/golden/files/usage.txt', text: usageText },
  { file: 'test/golden/files/help.txt', text: () => helpText(shownRows()) },
  { file: 'test/golden/files/openapi.txt', text: () => apiOutline(goldenOpenApi()) },
  {
    file: 'docs/endpoints.md',
    text: () =>
      withTables(readFileSync('docs/endpoints.md', 'utf8'), {
        endpoints: endpointTable(),
        'other endpoints': otherEndpointTable(),
      }),
  },
  {
    file: 'docs/settings.md',
    text: () => withTables(readFileSync('docs/settings.md', 'utf8'), { settings: settingTables() }),
  },
  {
    file: 'app/README.md',
    text: () => withTables(readFileSync('app/README.md', 'utf8'), { map: codeMap() }),
  },
  {
    file: 'docs/faults.md',
    text: () =>
      withTables(readFileSync('docs/faults.md', 'utf8'), {
        behaviours: faultTable(behaviours),
        faults: faultTable(byteFaults),
      }),
  },
  {
    file: 'docs/verify.md',
    text: () => withTables(readFileSync('docs/verify.md', 'utf8'), { checks: checkTable(checks) }),
  },
  // Before the chart, whose examples hold them.
  ...dashboardGoldens,
  ...chartGoldens(withTables),
]

/** What Helm makes of the chart; after the others, which it reads. The chart tier checks these. */
export const helmGoldens = (): readonly Golden[] => [...renderedExamples(), ...renderedManifests]

/** As of an origin with the default ports; the admin routes are data until they are asked. */
function goldenOpenApi(): object {
  return createOpenApi({
    version: 'golden',
    host: 'localhost',
    ports: { http: 8080, wire: 8081, admin: 9000 },
    adminRoutes: createAdminRoutes({} as AdminParts),
  })
}

/** Puts each table between its markers: `<!-- name -->` and `<!-- /name -->`. */
export function withTables(text: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((whole, [name, table]) => {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
    const [start, end] = [whole.indexOf(open), whole.indexOf(close)]
    if (start === -1 || end < start) throw new Error(`no ${open} ... ${close} to put the table in`)
    return `${whole.slice(0, start + open.length)}\n${table}\n${whole.slice(end)}`
  }, text)
}

function endpointTable(): string {
  const rows = [...httpRows, ...wsRows].map(({ path, summary, parameters }) => {
    const query = Object.entries(parameters)
      .filter(([, { in: place }]) => place === 'query')
      .map(([name]) => `\`${name}\``)
    return `| \`${path}\` | ${summary} | ${query.join(' ')} |`
  })
  return ['| path | answer | query |', '|---|---|---|', ...rows].join('\n')
}

function otherEndpointTable(): string {
  const rows = [...grpcRows, ...tcpRows, udpRow].map((row) => {
    const name = 'path' in row ? row.path : row.id
    return `| \`${name}\` | ${row.summary} |`
  })
  return ['| method or service | what it does |', '|---|---|', ...rows].join('\n')
}

function faultTable(faults: readonly Fault[]): string {
  const rows = faults.map(({ name, aliases = [], syntax, examples, effect, proxy, carriers }) => {
    const prefix = examples[0].startsWith('fault=') ? 'fault=' : ''
    const words = aliases.map((word) => `\`${word}\``).join(', ')
    const asked = [`\`${prefix}${name}${syntax}\``, ...examples.map((text) => `\`${text}\``)]
    const listeners = (['fast', 'http1', 'http2', 'websocket', 'grpc', 'tcp'] as const).map((one) =>
      carriers.includes(one) ? 'yes' : '',
    )
    const also = words === '' ? '' : `<br>also ${words}`
    return `| ${asked.join('<br>').replaceAll('|', '\\|')}${also} | ${effect} | ${proxy} | ${listeners.join(' | ')} |`
  })
  return [
    '| asked for by | what happens | what a proxy should make of it | fast | HTTP/1.1 | HTTP/2 | WebSocket | gRPC | TCP |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function checkTable(rows: readonly Check[]): string {
  const lines = rows.map(({ id, title, level, rule, sent, judged }) =>
    [id, level, title, rule, sent, judged].join(' | ').replaceAll('\n', ' '),
  )
  return [
    '| id | level | what should hold, or what is asked | rule | sent | judged |',
    '|---|---|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
  ].join('\n')
}

/** A heading and a table for each topic of `hpdummy help`. */
function settingTables(): string {
  return settingTopics
    .map((topic) => {
      const rows = settingsOf(topic).map(settingRow)
      return `\n## ${topic.title}\n\n${[settingHead, ...rows].join('\n')}\n`
    })
    .join('')
}

const settingHead = `| setting, flag, variable | default | reload | meaning |
|---|---|---|---|`

function settingRow(name: SettingName): string {
  const { doc, format, value, reload } = settings[name]
  const names = `\`${name}\`<br>\`${flagName(name)}\`<br>\`${environmentName(name)}\``
  return `| ${names} | ${showSetting(name, value) ?? 'none'} | ${reload} | ${doc}: ${format.allowed} |`
}
