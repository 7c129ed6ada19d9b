import { objectOf, withOptional } from '../answers.ts'
import { endpoint } from '../endpoint.ts'
import { eventOf, streamedReply, wholeReply } from './completion-reply.ts'
import {
  type Completion,
  completedAnswers,
  completing,
  readCompletion,
  textOf,
  tokenAt,
} from './completion.ts'

const integer = { type: 'integer', minimum: 0 } as const

const chatCompletion = withOptional(
  objectOf(
    {
      id: { type: 'string' },
      object: { type: 'string', const: 'chat.completion' },
      created: { type: 'integer', description: 'Seconds since 1970' },
      model: { type: 'string' },
      choices: { type: 'array', items: { type: 'object' } },
    },
    'ChatCompletion',
  ),
  {
    usage: objectOf({ prompt_tokens: integer, completion_tokens: integer, total_tokens: integer }),
  },
)

const hello = '{"model":"small","messages":[{"role":"user","content":"Say hello, please"}]}'

export const chatCompletions = endpoint({
  id: 'chat-completions',
  ...completing,
  path: '/v1/chat/completions',
  summary:
    "A made-up completion in OpenAI's shape, whole or streamed, with a true count of its words",
  answers: completedAnswers(
    'The completion; with stream_options.include_usage its stream ends with the token counts',
    chatCompletion,
  ),
  examples: [
    {
      path: '/v1/chat/completions?tokens=3',
      method: 'POST',
      body: hello,
      status: 200,
      expectHeaders: { 'content-type': 'application/json' },
      expectBody: {
        json: {
          model: 'small',
          usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 },
        },
      },
    },
    {
      path: '/v1/chat/completions?ttft=5ms&itl=uniform(0ms,2ms)',
      method: 'POST',
      body: '{"stream":true,"messages":[{"role":"user","content":"Hello"}]}',
      status: 200,
      expectHeaders: { 'content-type': 'text/event-stream' },
    },
    {
      path: '/v1/chat/completions',
      method: 'POST',
      body: '{"prompt":"Hello"}',
      status: 400,
      expectBody: { json: { code: 'INVALID_REQUEST' } },
    },
    { path: '/v1/chat/completions?break=done', method: 'POST', body: hello, status: 400 },
    { path: '/v1/chat/completions', status: 405 },
  ],
  handle(exchange, values) {
    const completion = readCompletion(exchange, values)
    const { tokens, isStreamed } = completion
    const common = {
      id: `chatcmpl-${exchange.requestId}`,
      created: Math.floor(Date.now() / 1000),
      model: completion.model,
    }
    const reason = completion.isCut ? 'length' : 'stop'
    if (!isStreamed) {
      return wholeReply(exchange, completion, {
        ...common,
        object: 'chat.completion',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: textOf(completion), refusal: null },
            logprobs: null,
            finish_reason: reason,
          },
        ],
        ...usageOf(completion),
      })
    }
    // With counts at the end, all other chunks say that they have none.
    const hasUsage = wantsUsage(completion) && !completion.breakages.includes('usage')
    const chunk = (delta: object, finish_reason: string | null = null): string =>
      eventOf({
        ...common,
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta, logprobs: null, finish_reason }],
        ...(hasUsage && { usage: null }),
      })
    const usageChunk = {
      ...common,
      object: 'chat.completion.chunk',
      choices: [],
      ...usageOf(completion),
    }
    return streamedReply(exchange, completion, {
      begin: [chunk({ role: 'assistant', content: '' })],
      token: (index) => chunk({ content: tokenAt(index) }),
      end: [chunk({}, reason), ...(hasUsage ? [eventOf(usageChunk)] : [])],
      done: eventOf('[DONE]'),
      error: eventOf({
        error: {
          message: `broken after ${Math.floor(tokens / 2)} tokens, as the request asked`,
          type: 'server_error',
          param: null,
          code: 'INJECTED',
        },
      }),
    })
  },
})

function wantsUsage({ asked }: Completion): boolean {
  const options = asked['stream_options']
  return (
    typeof options === 'object' &&
    options !== null &&
    'include_usage' in options &&
    options.include_usage === true
  )
}

function usageOf({ promptTokens, tokens, breakages }: Completion): object {
  if (breakages.includes('usage')) return {}
  return {
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: tokens,
      total_tokens: promptTokens + tokens,
    },
  }
}
