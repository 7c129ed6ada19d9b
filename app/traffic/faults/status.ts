import { type Fault, everyListener } from './plan.ts'

/** Another status instead of the answer. */
export const status: Fault = {
  name: 'status',
  syntax: '=<200 to 599>',
  examples: ['status=503', 'status=503:5,429:1', 'status=503:first2'],
  effect:
    'Another status replaces the answer, with a JSON body that says INJECTED. A gRPC call fails with the status that gRPC has for it.',
  proxy:
    'A proxy may try a safe or idempotent request again after 502, 503 or 504, but not any other (RFC 9110 9.2.2).',
  carriers: [...everyListener, 'grpc'],
  scan(scanner) {
    const code = scanner.integer([200, 599])
    return { text: String(code), plan: () => ({ status: code }) }
  },
}
