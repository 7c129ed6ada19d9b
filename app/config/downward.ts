import { type Layer, given } from './layer.ts'
import { identitySettings } from './settings/identity.ts'

const variables = {
  POD_NAME: 'identity.pod',
  POD_NAMESPACE: 'identity.namespace',
  NODE_NAME: 'identity.node',
  NODE_ZONE: 'identity.zone',
  POD_VERSION: 'identity.version',
} as const satisfies Readonly<Record<string, keyof typeof identitySettings>>

/**
 * What Kubernetes' downward API says about the pod, under the names that manifests usually give it. Below every other
 * layer. Other programs use these names, too, so a value that would be wrong in a setting is ignored.
 */
export function readDownward(env: NodeJS.ProcessEnv): Layer {
  const layer: Layer = new Map()
  for (const [variable, name] of Object.entries(variables)) {
    const value = given(env[variable] ?? '', variable)
    const { format } = identitySettings[name]
    if (value.raw !== '' && format.parse(value.raw) !== undefined) layer.set(name, value)
  }
  return layer
}
