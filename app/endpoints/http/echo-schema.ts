import { type Schema, objectOf, withOptional } from '../answers.ts'

const usageNote =
  'Not of this request: the same token counts in every echo, for AI gateways that count tokens in what an origin answers'

/** The body of an echo. */
export const echoSchema: Schema = withOptional(
  objectOf(
    {
      _myhostname: { type: 'string', description: 'The host name of the origin' },
      method: { type: 'string' },
      uri: { type: 'string' },
      path: { type: 'string' },
      query: { type: 'string' },
      http_version: { type: 'string', examples: ['1.1'] },
      headers: {
        type: 'object',
        description: 'By name in lower case; a name that came more than once has an array',
        additionalProperties: {
          anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        },
      },
      content_type: { type: 'string' },
      body: { type: 'string', description: 'Cut at echo.bodyLimit; base64 when it is not UTF-8' },
      body_size: { type: 'integer', minimum: 0 },
      usage: {
        type: 'object',
        description: usageNote,
        additionalProperties: { type: 'integer' },
      },
      source_addr: { type: 'string' },
      destination_addr: { type: 'string' },
      request_id: { type: 'string' },
      listener: { type: 'string', description: 'Which listener took the request' },
      identity: {
        ...objectOf({
          pod: { type: 'string' },
          namespace: { type: ['string', 'null'] },
          node: { type: ['string', 'null'] },
          zone: { type: ['string', 'null'] },
          version: { type: 'string' },
        }),
        description: 'Who answered (settings identity.*); null is not known',
      },
      endpoint: {
        type: 'string',
        description: 'Which endpoint answered: echo for paths of no other',
      },
    },
    'Echo',
  ),
  {
    body_truncated: { type: 'boolean' },
    body_encoding: { type: 'string', enum: ['base64'] },
    raw_headers: {
      type: 'array',
      description: 'Wire listener only: names and values in the order and case they came in',
      items: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 },
    },
    raw_trailers: {
      type: 'array',
      description: 'Wire listener only: the trailers of the request, when there were some',
      items: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 },
    },
    incremental: {
      type: 'boolean',
      description: 'What Incremental says (RFC 10036); absent when the request does not say',
    },
    tls: { type: 'object', description: 'Wire listener only: what was agreed on' },
    proxy_protocol: { type: 'object', description: 'Wire listener only: what its header said' },
  },
)

/** An echo with fields at its end. */
export function echoWith(more: Schema): Schema {
  return { allOf: [echoSchema, more] }
}
