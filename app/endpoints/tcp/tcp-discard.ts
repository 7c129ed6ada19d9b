import type { TcpConversation, TcpEndpoint } from './tcp-endpoint.ts'

const conversation: TcpConversation = {
  receive: () => [],
}

/** RFC 863. */
export const tcpDiscard: TcpEndpoint = {
  id: 'tcp-discard',
  summary: 'TCP discard: reads, counts and drops; FIN for FIN',
  isGreeting: true,
  converse: () => conversation,
}
