import { identityText, optional } from '../formats.ts'
import { setting } from '../setting.ts'

/**
 * What identifies the origin in echoes, evidence headers and records of the ledger; the defaults are in downward.ts.
 */
export const identitySettings = {
  'identity.pod': setting({
    doc: 'Name of this pod, in evidence; unset: POD_NAME of the environment, or the host name',
    format: optional(identityText),
    value: undefined,
    reload: 'process',
  }),
  'identity.namespace': setting({
    doc: 'Namespace of this pod, in evidence; unset: POD_NAMESPACE of the environment',
    format: optional(identityText),
    value: undefined,
    reload: 'process',
  }),
  'identity.node': setting({
    doc: 'Node that this pod runs on, in evidence; unset: NODE_NAME of the environment',
    format: optional(identityText),
    value: undefined,
    reload: 'process',
  }),
  'identity.zone': setting({
    doc: 'Zone of that node, in evidence; unset: NODE_ZONE of the environment',
    format: optional(identityText),
    value: undefined,
    reload: 'process',
  }),
  'identity.version': setting({
    doc: "Version of what is deployed, in evidence, to tell a canary; unset: POD_VERSION of the environment, or the program's",
    format: optional(identityText),
    value: undefined,
    reload: 'process',
  }),
} as const
