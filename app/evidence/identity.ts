/** Who answers (settings `identity.*`); null is not known. */
export interface Identity {
  /** The pod's name, or the host's outside Kubernetes. */
  readonly pod: string
  readonly namespace: string | null
  readonly node: string | null
  readonly zone: string | null
  /** Of what is deployed, which may differ between a canary and the rest though the program does not. */
  readonly version: string
}
