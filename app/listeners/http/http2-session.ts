import type { ServerHttp2Session } from 'node:http2'

/**
 * Has a session be destroyed after what it is reading, never within. Node 22 aborts the process otherwise ("onread->
 * IsFunction()"): the rest of the piece goes on to be parsed, and a stream that begins in it has nobody who takes its
 * data. Node itself destroys a session within, when it is leaving and its last stream is reset.
 */
export function destroyBetweenReads(session: ServerHttp2Session): void {
  const destroy = session.destroy.bind(session)
  session.destroy = (...how) => {
    setImmediate(() => destroy(...how))
  }
}
