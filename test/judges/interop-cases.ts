/** Cases of gRPC's interop client whose outcome a proxy between it and the origin could change. */
export const interopCases = [
  'empty_unary',
  'large_unary',
  'client_streaming',
  'server_streaming',
  'ping_pong',
  'empty_stream',
  'custom_metadata',
  'status_code_and_message',
  'special_status_message',
  'unimplemented_method',
  'cancel_after_begin',
  'cancel_after_first_response',
  'timeout_on_sleeping_server',
] as const
