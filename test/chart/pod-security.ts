import type { Manifest } from '../support/chart/helm.ts'
import { part } from '../support/chart/part.ts'

interface Container {
  readonly name: string
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] }
    readonly readOnlyRootFilesystem?: boolean
  }
}

/**
 * What keeps a pod (or a template of one) from the Pod Security Standard `restricted`, and from a root
 * file system nobody writes to, which the standard does not ask for. A real API server says it in
 * test/cluster; this says it without one.
 */
export function restrictedProblems(pod: Manifest): readonly string[] {
  const spec = (path: string): unknown => part(pod, `spec.${path}`)
  const isShared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => spec(name) === true)
  const user = spec('securityContext.runAsUser')
  const volumes = (spec('volumes') ?? []) as readonly Readonly<Record<string, unknown>>[]
  const containers = [spec('initContainers') ?? [], spec('containers')].flat() as Container[]
  return [
    ...isShared,
    ...(spec('securityContext.runAsNonRoot') === true ? [] : ['may run as root']),
    ...(typeof user === 'number' && user > 0 ? [] : [`runs as ${String(user)}`]),
    ...(spec('securityContext.seccompProfile.type') === 'RuntimeDefault' ? [] : ['no seccomp']),
    ...volumes.filter((volume) => 'hostPath' in volume).map(() => 'a hostPath volume'),
    ...containers.flatMap(containerProblems),
  ]
}

function containerProblems({ name, securityContext = {} }: Container): readonly string[] {
  const { allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem } = securityContext
  return [
    ...(allowPrivilegeEscalation === false ? [] : [`${name} may gain privileges`]),
    ...(capabilities?.drop?.includes('ALL') === true ? [] : [`${name} keeps capabilities`]),
    ...(capabilities?.add === undefined ? [] : [`${name} adds capabilities`]),
    ...(readOnlyRootFilesystem === true ? [] : [`${name} may write to its root`]),
  ]
}
