import { type SettingName, settings } from '../../../app/config/settings.ts'
import { settingText } from './setting-text.ts'

type Schema = Readonly<Record<string, unknown>>

const text: Schema = { type: 'string' }
const texts: Schema = { type: 'array', items: text }
const labels: Schema = { type: 'object', additionalProperties: text }
const seconds: Schema = { anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 0 }] }
const numberOrPercent: Schema = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^[0-9]+%$' },
  ],
}
const quantity: Schema = {
  anyOf: [
    { type: 'number', exclusiveMinimum: 0 },
    { type: 'string', pattern: '^[0-9.]+(m|k|M|G|T|Ki|Mi|Gi|Ti)?$' },
  ],
}
const quantities: Schema = { type: 'object', additionalProperties: quantity }
// Kubernetes' own objects are handed through; Kubernetes checks them.
const kubernetes: Schema = { type: 'object' }
const kubernetesList: Schema = { type: 'array', items: kubernetes }
const secretRefs: Schema = { type: 'array', items: strict({ name: text }, ['name']) }

const probe = strict(
  Object.fromEntries(
    [
      'initialDelaySeconds',
      'periodSeconds',
      'timeoutSeconds',
      'successThreshold',
      'failureThreshold',
    ].map((name) => [name, { type: 'integer', minimum: name === 'initialDelaySeconds' ? 0 : 1 }]),
  ),
)

const portNumber: Schema = { type: 'integer', minimum: 1, maximum: 65_535 }
// The name of a folder, too.
const serverName: Schema = { type: 'string', pattern: '^(\\*\\.)?[a-z0-9][a-z0-9.-]*$' }
const port = strict(
  {
    enabled: { type: 'boolean' },
    setting: text,
    tls: { type: 'boolean' },
    containerPort: portNumber,
    port: portNumber,
    protocol: oneOf('TCP', 'UDP'),
    appProtocol: text,
    nodePort: { type: 'integer', minimum: 30_000, maximum: 32_767 },
  },
  ['enabled', 'port'],
)

/** Values whose type the default does not tell; all others are as their default is. */
const own: Readonly<Record<string, Schema>> = {
  commonLabels: labels,
  kind: oneOf('Deployment', 'DaemonSet'),
  'image.digest': { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
  'image.pullPolicy': oneOf('Always', 'IfNotPresent', 'Never'),
  imagePullSecrets: secretRefs,
  config: configSchema(),
  'tls.certManager.issuerRef': strict({ name: text, kind: text, group: text }),
  'tls.certManager.dnsNames': texts,
  // The name of a file in the folder the key is mounted to.
  'tls.clientCa.key': { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
  'tls.sni': {
    type: 'array',
    items: strict({ name: serverName, secretName: text }, ['name', 'secretName']),
  },
  ports: {
    type: 'object',
    additionalProperties: false,
    // The chart has that one itself.
    properties: { admin: false },
    // What Kubernetes takes for the name of a port.
    patternProperties: { '^[a-z][a-z0-9-]{0,14}$': port },
  },
  'service.type': oneOf('ClusterIP', 'NodePort', 'LoadBalancer'),
  'service.annotations': labels,
  'service.trafficDistribution': oneOf('', 'PreferClose', 'PreferSameZone', 'PreferSameNode'),
  'service.internalTrafficPolicy': oneOf('Cluster', 'Local'),
  'service.externalTrafficPolicy': oneOf('Cluster', 'Local'),
  'service.ipFamilyPolicy': oneOf('SingleStack', 'PreferDualStack', 'RequireDualStack'),
  'drain.profile': oneOf('kube', 'alb', 'nlb', 'gateway'),
  'drain.preStopSeconds': seconds,
  terminationGracePeriodSeconds: seconds,
  resources: strict({ requests: quantities, limits: quantities, claims: kubernetesList }),
  resizePolicy: {
    type: 'array',
    items: strict(
      {
        resourceName: oneOf('cpu', 'memory'),
        restartPolicy: oneOf('NotRequired', 'RestartContainer'),
      },
      ['resourceName', 'restartPolicy'],
    ),
  },
  'probes.startup': probe,
  'probes.liveness': probe,
  'probes.readiness': probe,
  podSecurityContext: kubernetes,
  securityContext: kubernetes,
  'serviceAccount.annotations': labels,
  strategy: kubernetes,
  updateStrategy: kubernetes,
  'topologySpread.whenUnsatisfiable': oneOf('ScheduleAnyway', 'DoNotSchedule'),
  nodeSelector: labels,
  tolerations: kubernetesList,
  affinity: kubernetes,
  podLabels: labels,
  podAnnotations: labels,
  extraArgs: texts,
  extraEnv: kubernetesList,
  extraEnvFrom: kubernetesList,
  extraVolumes: kubernetesList,
  extraVolumeMounts: kubernetesList,
  initContainers: kubernetesList,
  extraContainers: kubernetesList,
  extraPodSpec: kubernetes,
  extraObjects: { type: 'array', items: { anyOf: [kubernetes, text] } },
  'pdb.maxUnavailable': numberOrPercent,
  'autoscaling.minReplicas': { type: 'integer', minimum: 1 },
  'autoscaling.maxReplicas': { type: 'integer', minimum: 1 },
  'autoscaling.cpuPercent': { type: 'integer', minimum: 1 },
  'autoscaling.metrics': kubernetesList,
  'autoscaling.behavior': kubernetes,
  'keda.triggers': kubernetesList,
  'vpa.updateMode': oneOf('Off', 'Initial', 'Recreate', 'InPlaceOrRecreate'),
  'vpa.minAllowed': quantities,
  'vpa.maxAllowed': quantities,
  'networkPolicy.from': kubernetesList,
  'networkPolicy.metricsFrom': kubernetesList,
  'networkPolicy.egress': kubernetesList,
  'metrics.interval': { type: 'string', pattern: '^([0-9]+(ms|s|m|h))+$' },
  'metrics.labels': labels,
  'otel.sampleRatio': { type: 'number', minimum: 0, maximum: 1 },
  'dashboards.labels': labels,
  'dashboards.grafanaOperator.instanceSelector': labels,
  'verify.url': { type: 'string', pattern: '^(https?://[^\\s?#]+)?$' },
  'verify.args': texts,
  'ingress.annotations': labels,
  'ingress.hosts': texts,
  'httpRoute.annotations': labels,
  'httpRoute.parentRefs': kubernetesList,
  'httpRoute.hostnames': texts,
  'httpRoute.rules': kubernetesList,
  'grpcRoute.annotations': labels,
  'grpcRoute.parentRefs': kubernetesList,
  'grpcRoute.hostnames': texts,
}

/** The schema written for this path, or undefined where the default tells the type. */
export function ownSchema(path: string): Schema | undefined {
  return own[path]
}

/** Every path that has a schema of its own. */
export const ownPaths: readonly string[] = Object.keys(own)

/** The type of a value whose default is all there is to know. */
export function schemaLike(value: unknown): Schema {
  if (typeof value === 'string') return text
  if (typeof value === 'boolean') return { type: 'boolean' }
  if (Number.isInteger(value)) return { type: 'integer', minimum: 0 }
  throw new Error(`no type can be told from ${JSON.stringify(value)}: write it in values-schema.ts`)
}

/** An object with these properties and no others. */
export function strict(properties: object, required: readonly string[] = []): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    ...(required.length > 0 && { required }),
    properties,
  }
}

function oneOf(...values: readonly string[]): Schema {
  return { enum: values }
}

/** Set by other values of the chart, or by the program's own flags; a secret has no place in a ConfigMap. */
function isOfChart(name: SettingName): boolean {
  const { isSecret } = settings[name] as { readonly isSecret?: boolean }
  return (
    isSecret === true ||
    /^(?:config$|tls\.(?:(?:cert|key|clientCa)File|sniDirectory)$|kubernetes\.|quota\.)/.test(name)
  )
}

/** The settings that `config` takes. */
export function configNames(): readonly SettingName[] {
  return (Object.keys(settings) as SettingName[]).filter((name) => !isOfChart(name))
}

interface Branch {
  readonly properties: Record<string, Schema>
}

function configSchema(): Schema {
  const root = strict({})
  for (const name of configNames()) {
    const { doc, format } = settings[name]
    const path = name.split('.')
    const leaf = path.pop() ?? name
    let at = root as unknown as Branch
    for (const step of path) at = (at.properties[step] ??= strict({})) as unknown as Branch
    const schema = settingText(format.allowed)?.schema ?? {}
    at.properties[leaf] = { description: `${doc}: ${format.allowed}`, ...schema }
  }
  return root
}
