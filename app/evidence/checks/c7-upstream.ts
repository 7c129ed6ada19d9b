import { type Check, note } from './check.ts'

/** What the origin is spoken to with. */
export const c7: Check = {
  id: 'C7',
  title: 'What it speaks to the origin',
  level: 'note',
  rule: 'RFC 9112 2.3',
  sent: 'A plain request.',
  judged: 'Tells the version of HTTP, TLS, ALPN and SNI.',
  needs: ['ledger'],
  async run(probe) {
    const id = probe.token()
    await probe.ask({ id })
    const [record] = await probe.arrivals(id)
    if (record === undefined) return note('The request did not arrive.')
    const { http_version: version, scheme, alpn, sni } = record
    const tls =
      scheme === 'https' ? `TLS with SNI ${sni ?? 'none'} and ALPN ${alpn ?? 'none'}` : 'in clear'
    const why =
      version === '1.0'
        ? 'HTTP/1.0 has no chunks, no 1xx, no trailers, and no persistent connections: set proxy_http_version 1.1 in nginx.'
        : ''
    return note(`HTTP/${version}, ${tls}.`, why)
  },
}
