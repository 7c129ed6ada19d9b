import { guess } from '../nearest.ts'
import { type Layer, given } from './layer.ts'
import { shorten } from './problems.ts'
import { environmentName, settings } from './settings.ts'

const variables: ReadonlyMap<string, string> = new Map(
  Object.keys(settings).map((name) => [environmentName(name), name]),
)

/**
 * Settings among the variables. Others are ignored: Kubernetes puts HPDUMMY_SERVICE_HOST and the like into pods, and
 * beside a service called hpdummy-http even HPDUMMY_HTTP_PORT=tcp://10.0.0.1:80, which is not a setting.
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Layer {
  const layer: Layer = new Map()
  for (const [variable, name] of variables) {
    const value = given(env[variable] ?? '', variable)
    if (value.raw !== '' && !isAddress(value.raw)) layer.set(name, value)
  }
  return layer
}

/**
 * A sentence for each variable that begins with HPDUMMY_ and is not a setting: a mistyped one has no effect, which is
 * worth a warning. Variables that Kubernetes makes for Services are left out.
 */
export function unknownVariables(env: NodeJS.ProcessEnv): readonly string[] {
  return Object.entries(env)
    .filter(([name, value]) => name.startsWith('HPDUMMY_') && !variables.has(name) && value !== '')
    .filter(([name, value]) => !isServiceLink(name, value ?? ''))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .slice(0, mostSentences)
    .map(([name]) => {
      const meant = guess(name, [...variables.keys()])
      return `${shorten(name)}: no setting has this variable, so it has no effect; ${meant}--help lists them`
    })
}

// Of the log at the start.
const mostSentences = 20

// The names that the kubelet makes of a Service: NAME_SERVICE_HOST, NAME_SERVICE_PORT_HTTP, NAME_PORT,
// NAME_PORT_80_TCP_ADDR.
function isServiceLink(name: string, value: string): boolean {
  return (
    /_SERVICE_(?:HOST|PORT(?:_\w+)?)$/.test(name) ||
    /_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/.test(name) ||
    (name.endsWith('_PORT') && isAddress(value))
  )
}

function isAddress(value: string): boolean {
  return /^(?:tcp|udp|sctp):\/\//.test(value)
}
