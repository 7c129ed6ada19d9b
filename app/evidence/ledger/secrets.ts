import { createHash } from 'node:crypto'

import type { FieldLine } from './record.ts'

// Credentials by their usual names (RFC 9110 11.6, RFC 6265), and whatever calls itself a key, a token or a secret.
const secret =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie2?|x-amz-security-token|.*(?:api[-_]?key|access[-_]?key|secret|password|passwd|[-_]token|^token|subscription-key|signature|assertion|[-_]jwt|csrf|xsrf|session[-_]?id).*)$/i

/** A header line as it may be shown: a secret's value is its hash, so that two can be compared and none be read. */
export function withoutSecret(name: string, value: string): FieldLine {
  return secret.test(name) ? [name, hashed(value)] : [name, value]
}

function hashed(value: string): string {
  return `sha256:${createHash('sha256').update(value).digest('hex').slice(0, 16)}`
}

const secretParameter = /([?&](?:[^=&]*(?:key|token|secret|password|signature|sig))=)([^&#]+)/gi

/** A target as it may be shown: credentials in its query are hashes. */
export function targetWithoutSecrets(target: string): string {
  if (!target.includes('?')) return target
  return target.replace(secretParameter, (_, name: string, value: string) => name + hashed(value))
}
