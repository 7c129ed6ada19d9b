/**
 * @typedef {object} Target
 * @property {string} host
 * @property {number} number of the port
 * @property {string} scheme
 * @property {string} flags of curl
 * @property {string} carrier
 * @property {string} path
 * @property {string} text a fault text, or nothing
 */

/**
 * The command that sends a fault text.
 * @param {Target} target
 */
export function curlLine({ host, number, scheme, flags, carrier, path, text }) {
  if (carrier === 'grpc') {
    const metadata = text === '' ? '' : `-H ${quoted(`x-hp: ${text}`)} `
    return `grpcurl -plaintext ${metadata}-d '{"payload":"hello"}' ${host}:${number} echo.EchoService/Echo`
  }
  const header = text === '' ? '' : `-H ${quoted(`X-HP: ${text}`)} `
  const from = path.startsWith('/') ? path : `/${path}`
  return `curl -i ${flags}${header}${quoted(`${scheme}://${host}:${number}${from}`)}`
}

/**
 * A path with the parts of a text as query parameters.
 * @param {string} path
 * @param {readonly string[]} parts such as `delay=10ms:5`
 */
export function queryOf(path, parts) {
  const pairs = parts.map((part) => {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? []
    return `hp-${name}=${escaped(value)}`
  })
  if (pairs.length === 0) return path
  return path + (path.includes('?') ? '&' : '?') + pairs.join('&')
}

// As people write it: only what would end the value, or is no character of a URL, is encoded. A plus sign is itself.
/** @param {string} value */
function escaped(value) {
  return encodeURIComponent(value).replaceAll(/%(?:3A|2C|2F|40|3D|2B|3B)/g, decodeURIComponent)
}

/** For a shell. @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
