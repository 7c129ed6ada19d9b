import { type Socket, isIPv4, isIPv6 } from 'node:net'

import { addressText, addressWithPort } from './address.ts'
import { peek } from './peek.ts'

/** What a PROXY protocol header said (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2), as the echo shows it. */
export interface ProxyHeader {
  readonly version: 1 | 2
  /** `local` is the proxy's own connection, such as a health check: it has no addresses. */
  readonly command: 'proxy' | 'local'
  readonly family: 'tcp4' | 'tcp6' | 'udp4' | 'udp6' | 'unix' | 'unknown'
  /** `address:port`, absent where the header names none. */
  readonly source?: string
  readonly destination?: string
  /** Type-length-value fields of version 2; values that are not printable ASCII are in hex. */
  readonly tlvs?: readonly { readonly type: string; readonly value: string }[]
}

/** What the first bytes of a connection are: a header and its length, none, not enough yet, or a bad one. */
export type ProxyHeaderRead =
  | { readonly is: 'header'; readonly header: ProxyHeader; readonly bytes: number }
  | { readonly is: 'none' }
  | { readonly is: 'incomplete' }
  | { readonly is: 'bad'; readonly why: string }

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const textStart = Buffer.from('PROXY ', 'latin1')
// Section 2.1: the longest line of version 1, line end and all.
const longestLine = 107
const fixedBytes = 16

/** Reads a header at the start of `bytes`. */
export function readProxyHeader(bytes: Buffer): ProxyHeaderRead {
  if (startsLike(bytes, signature)) return readBinary(bytes)
  if (startsLike(bytes, textStart)) return readLine(bytes)
  return { is: 'none' }
}

/** Whether a header begins here, good or bad; for readers of other protocols. */
export function beginsProxyHeader(bytes: Buffer): boolean {
  return [signature, textStart].some(
    (start) => bytes.length >= start.length && startsLike(bytes, start),
  )
}

// Whether all of `start` is there, or the part of it that has come so far.
function startsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length)
  return length > 0 && bytes.subarray(0, length).equals(start.subarray(0, length))
}

function readLine(bytes: Buffer): ProxyHeaderRead {
  const end = bytes.subarray(0, longestLine).indexOf('\r\n')
  if (end === -1) {
    return bytes.length < longestLine
      ? { is: 'incomplete' }
      : { is: 'bad', why: `no line end within ${longestLine} bytes` }
  }
  const line = bytes.toString('latin1', 0, end)
  const length = end + 2
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) {
    const header: ProxyHeader = { version: 1, command: 'proxy', family: 'unknown' }
    return { is: 'header', header, bytes: length }
  }
  const match = /^PROXY TCP([46]) ([\da-fA-F.:]+) ([\da-fA-F.:]+) (\d{1,5}) (\d{1,5})$/.exec(line)
  const [, family, source, destination, sourcePort, destinationPort] = match ?? []
  const isAddress = family === '4' ? isIPv4 : isIPv6
  const isWhole = isAddress(source ?? '') && isAddress(destination ?? '')
  if (!isWhole || Number(sourcePort) > 65_535 || Number(destinationPort) > 65_535) {
    return { is: 'bad', why: `not a line of version 1: ${JSON.stringify(line)}` }
  }
  const header: ProxyHeader = {
    version: 1,
    command: 'proxy',
    family: family === '4' ? 'tcp4' : 'tcp6',
    source: addressWithPort(source ?? '', Number(sourcePort)),
    destination: addressWithPort(destination ?? '', Number(destinationPort)),
  }
  return { is: 'header', header, bytes: length }
}

const families = ['unknown', 'tcp4', 'udp4', 'tcp6', 'udp6', 'unix', 'unix'] as const
const familyCodes = [0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32]

function readBinary(bytes: Buffer): ProxyHeaderRead {
  if (bytes.length < fixedBytes) return { is: 'incomplete' }
  const [versionAndCommand = 0, familyCode = 0] = [bytes[12], bytes[13]]
  const length = fixedBytes + bytes.readUInt16BE(14)
  const command = versionAndCommand & 0x0f
  if (versionAndCommand >> 4 !== 2 || command > 1) {
    return { is: 'bad', why: `version and command 0x${versionAndCommand.toString(16)}` }
  }
  if (bytes.length < length) return { is: 'incomplete' }
  const rest = bytes.subarray(fixedBytes, length)
  const family = families[familyCodes.indexOf(familyCode)] ?? 'unknown'
  // Section 2.2: the addresses of LOCAL are to be ignored.
  if (command === 0) {
    return { is: 'header', header: { version: 2, command: 'local', family }, bytes: length }
  }
  return readAddresses(rest, family, length)
}

function readAddresses(
  rest: Buffer,
  family: ProxyHeader['family'],
  length: number,
): ProxyHeaderRead {
  const start = { version: 2, command: 'proxy', family } as const
  if (family === 'unknown' || family === 'unix') {
    return { is: 'header', header: start, bytes: length }
  }
  const size = family.endsWith('4') ? 4 : 16
  const used = 2 * size + 4
  if (rest.length < used) return { is: 'bad', why: `${rest.length} bytes of ${family} addresses` }
  const tlvs = readTlvs(rest.subarray(used))
  if (tlvs === undefined) return { is: 'bad', why: 'a field that is longer than the header' }
  const header: ProxyHeader = {
    ...start,
    source: addressWithPort(addressText(rest.subarray(0, size)), rest.readUInt16BE(2 * size)),
    destination: addressWithPort(
      addressText(rest.subarray(size, 2 * size)),
      rest.readUInt16BE(2 * size + 2),
    ),
    ...(tlvs.length > 0 && { tlvs }),
  }
  return { is: 'header', header, bytes: length }
}

const tlvNames: Readonly<Record<number, string>> = {
  0x01: 'alpn',
  0x02: 'authority',
  0x03: 'crc32c',
  0x04: 'noop',
  0x05: 'unique_id',
  0x20: 'ssl',
  0x30: 'netns',
}

function readTlvs(bytes: Buffer): ProxyHeader['tlvs'] {
  const tlvs: { type: string; value: string }[] = []
  for (let at = 0; at < bytes.length;) {
    if (at + 3 > bytes.length) return undefined
    const type = bytes[at] ?? 0
    const end = at + 3 + bytes.readUInt16BE(at + 1)
    if (end > bytes.length) return undefined
    const value = bytes.subarray(at + 3, end)
    const text = value.toString('latin1')
    tlvs.push({
      type: tlvNames[type] ?? `0x${type.toString(16).padStart(2, '0')}`,
      value: /^[\x20-\x7e]+$/.test(text) ? text : value.toString('hex'),
    })
    at = end
  }
  return tlvs
}

/** Whether connections bring a header, may bring one, or must. */
export type ProxyProtocolMode = 'off' | 'optional' | 'required'

/** Called with what was found at the start of the connection. */
export interface ProxyHeaderTaken {
  readonly mode: ProxyProtocolMode
  /** Longest silence. */
  readonly idleMs: number
  /** The rest of the bytes is back in the socket. */
  readonly go: (header: ProxyHeader | undefined) => void
}

/** Takes a header off a new connection. A bad header, or a missing one where it is required, ends the connection. */
export function takeProxyHeader(socket: Socket, { mode, idleMs, go }: ProxyHeaderTaken): void {
  if (mode === 'off') return go(undefined)
  peek<ProxyHeader | undefined>(socket, {
    idleMs,
    look(bytes) {
      const read = readProxyHeader(bytes)
      if (read.is === 'incomplete') return undefined
      if (read.is === 'header') return { value: read.header, taken: read.bytes }
      return read.is === 'bad' || mode === 'required' ? 'bad' : { value: undefined, taken: 0 }
    },
    go,
  })
}
