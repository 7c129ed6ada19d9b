import type { TcpConversation, TcpEndpoint } from './tcp-endpoint.ts'

// One object for all connections: an echo has nothing to remember. What was read is what is written.
const conversation: TcpConversation = {
  receive: (bytes) => [{ kind: 'bytes', bytes }],
}

/** RFC 862. */
export const tcpEcho: TcpEndpoint = {
  id: 'tcp-echo',
  summary: 'TCP echo: every byte back in order, and FIN for FIN',
  isGreeting: true,
  converse: () => conversation,
}
