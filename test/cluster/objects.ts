/** What tests look at of an object; every kind has it. */
export interface Metadata {
  readonly name: string
  readonly generation?: number
  readonly resourceVersion?: string
  readonly annotations?: Readonly<Record<string, string>>
}

export interface List<T> {
  readonly items: readonly T[]
}

export interface ConfigMap {
  readonly metadata: Metadata
  readonly data?: Readonly<Record<string, string>>
}

export interface Deployment {
  readonly metadata: Metadata
  readonly spec: { readonly template: { readonly metadata: Metadata; readonly spec: PodSpec } }
  readonly status: {
    readonly conditions?: readonly Condition[]
    readonly unavailableReplicas?: number
  }
}

export interface CustomResourceDefinition {
  readonly status?: { readonly conditions?: readonly Condition[] }
}

export interface PodSpec {
  readonly automountServiceAccountToken: boolean
  readonly containers: readonly {
    readonly env?: readonly { readonly name: string; readonly value?: string }[]
  }[]
}

export interface Condition {
  readonly type: string
  readonly status: string
  readonly message: string
}

export interface Event {
  readonly type: string
  readonly reason: string
  readonly note: string
  readonly eventTime: string
  readonly reportingController: string
  readonly regarding: { readonly kind: string; readonly name: string }
}

export interface ResourceRule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
}

export interface RulesReview {
  readonly status: { readonly resourceRules: readonly ResourceRule[] }
}
