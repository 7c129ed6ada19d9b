import { objectOf, withOptional } from '../answers.ts'
import { endpoint } from '../endpoint.ts'
import { eventOf, streamedReply, wholeReply } from './completion-reply.ts'
import { completedAnswers, completing, readCompletion, textOf, tokenAt } from './completion.ts'

const integer = { type: 'integer', minimum: 0 } as const

const answer = withOptional(
  objectOf(
    {
      id: { type: 'string' },
      type: { type: 'string', const: 'message' },
      role: { type: 'string', const: 'assistant' },
      model: { type: 'string' },
      content: { type: 'array', items: { type: 'object' } },
      stop_reason: { type: 'string', enum: ['end_turn', 'max_tokens'] },
      stop_sequence: { type: 'null' },
    },
    'AssistantMessage',
  ),
  { usage: objectOf({ input_tokens: integer, output_tokens: integer }) },
)

const hello =
  '{"model":"small","max_tokens":2,"messages":[{"role":"user","content":[{"type":"text","text":"Say hello"}]}]}'

export const messages = endpoint({
  id: 'messages',
  ...completing,
  path: '/v1/messages',
  summary:
    "A made-up message in Anthropic's shape, whole or streamed, with a true count of its words",
  answers: completedAnswers('The message', answer),
  examples: [
    {
      path: '/v1/messages',
      method: 'POST',
      body: hello,
      status: 200,
      expectBody: {
        json: {
          type: 'message',
          content: [{ type: 'text', text: 'This origin' }],
          stop_reason: 'max_tokens',
          usage: { input_tokens: 2, output_tokens: 2 },
        },
      },
    },
    {
      path: '/v1/messages?break=midstream',
      method: 'POST',
      body: '{"stream":true,"messages":[{"role":"user","content":"Hello"}]}',
      status: 200,
      expectHeaders: { 'content-type': 'text/event-stream' },
    },
    {
      path: '/v1/messages',
      method: 'POST',
      body: '{"messages":[]}',
      status: 400,
      expectBody: { json: { code: 'INVALID_REQUEST' } },
    },
    { path: '/v1/messages?break=all', method: 'POST', body: hello, status: 400 },
    { path: '/v1/messages', status: 405 },
  ],
  handle(exchange, values) {
    const completion = readCompletion(exchange, values)
    const { promptTokens, tokens, breakages } = completion
    const usage = (input: boolean, output: number): object =>
      breakages.includes('usage')
        ? {}
        : { usage: { ...(input && { input_tokens: promptTokens }), output_tokens: output } }
    const common = {
      id: `msg_${exchange.requestId}`,
      type: 'message',
      role: 'assistant',
      model: completion.model,
    }
    const stop = {
      stop_reason: completion.isCut ? 'max_tokens' : 'end_turn',
      stop_sequence: null,
    }
    if (!completion.isStreamed) {
      const content = [{ type: 'text', text: textOf(completion) }]
      return wholeReply(exchange, completion, {
        ...common,
        content,
        ...stop,
        ...usage(true, tokens),
      })
    }
    const begun = { ...common, content: [], stop_reason: null, stop_sequence: null }
    const index = 0
    return streamedReply(exchange, completion, {
      begin: [
        event('message_start', { message: { ...begun, ...usage(true, Math.min(tokens, 1)) } }),
        event('content_block_start', { index, content_block: { type: 'text', text: '' } }),
        event('ping', {}),
      ],
      token: (at) =>
        event('content_block_delta', { index, delta: { type: 'text_delta', text: tokenAt(at) } }),
      // The count is of the whole message so far.
      end: [
        event('content_block_stop', { index }),
        event('message_delta', { delta: stop, ...usage(false, tokens) }),
      ],
      done: event('message_stop', {}),
      error: event('error', {
        error: {
          type: 'overloaded_error',
          message: `broken after ${Math.floor(tokens / 2)} tokens, as the request asked`,
        },
      }),
    })
  },
})

// The type stands in both places.
function event(type: string, fields: object): string {
  return eventOf({ type, ...fields }, type)
}
