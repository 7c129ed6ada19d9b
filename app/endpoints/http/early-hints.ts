import { objectOf } from '../answers.ts'
import type { Codec } from '../codecs.ts'
import { duration, integer, optional } from '../codecs.ts'
import { endpoint, jsonReply } from '../endpoint.ts'

const link: Codec<string> = {
  allowed: 'a Link header, such as </style.css>; rel=preload; as=style',
  schema: { type: 'string', pattern: '^<[\\x21-\\x7e]+>[\\x20-\\x7e]{0,1000}$' },
  show: (value) => value,
  parse: (text) => (/^<[\x21-\x7e]+>[\x20-\x7e]{0,1000}$/.test(text) ? text : undefined),
}

export const earlyHints = endpoint({
  id: 'early-hints',
  path: '/early-hints',
  summary:
    '103 Early Hints (RFC 8297) with a Link header, count of them, then 200 with the same Link',
  parameters: {
    link: {
      in: 'query',
      codec: optional(link, '</style.css>; rel=preload; as=style'),
      doc: 'the Link header',
    },
    count: { in: 'query', codec: optional(integer(0, 100), 1), doc: 'how many 103' },
    delay: { in: 'query', codec: optional(duration(), 0), doc: 'before each 103 and the 200' },
  },
  group: 'protocol',
  answers: {
    103: { description: 'Before the answer', headers: { Link: 'What to load already' } },
    200: {
      description: 'After the hints',
      headers: { Link: 'The same as in each 103' },
      content: {
        'application/json': objectOf({ hints: { type: 'integer', minimum: 0, maximum: 100 } }),
      },
    },
  },
  refusals: ['UNSUPPORTED_ON_LISTENER'],
  reads: 'nothing',
  examples: [
    {
      path: '/early-hints',
      status: 200,
      needsWire: true,
      expectHeaders: { link: '</style.css>; rel=preload; as=style' },
      expectBody: { json: { hints: 1 } },
    },
    { path: '/early-hints?link=style.css', status: 400 },
  ],
  handle(_exchange, { link: value, count: hints, delay }) {
    const interim = Array.from({ length: hints }, () => ({
      status: 103,
      headers: [['Link', value]] as const,
      waitMs: delay,
    }))
    return { ...jsonReply({ hints }, 200, [['Link', value]]), interim, waitMs: delay }
  },
})
