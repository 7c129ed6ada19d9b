import type { IncomingMessage, ServerResponse } from 'node:http'
import { posix } from 'node:path'

import type { Defect } from './defects.ts'

/** Names and values by turns, as Node has them. */
export type Lines = readonly string[]

type Pairs = readonly (readonly [name: string, value: string])[]

// RFC 9110 7.6.1, and Transfer-Encoding, which Node writes itself.
const hopNames = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'upgrade',
  'transfer-encoding',
])

/** The header lines that go to the origin, as names and values by turns. */
export function requestLines(
  request: IncomingMessage,
  defect: Defect | undefined,
  isUpgrade = false,
): Lines {
  const kept = keep(request.rawHeaders, defect === 'forwards-hop-fields')
  const hop = isUpgrade
    ? [['Connection', 'Upgrade'] as const, ['Upgrade', request.headers.upgrade ?? ''] as const]
    : []
  const te = /\btrailers\b/i.test(String(request.headers['te'] ?? ''))
    ? [['TE', 'trailers'] as const, ['Connection', 'TE'] as const]
    : []
  const chunks =
    request.headers['transfer-encoding'] === undefined
      ? []
      : [['Transfer-Encoding', 'chunked'] as const]
  const lost = { 'answers-100': 'expect', 'ignores-if-range': 'if-range' } as Readonly<
    Record<string, string>
  >
  const others = kept.filter(([name]) => name.toLowerCase() !== lost[defect ?? ''])
  return [...others, ['Via', '1.1 bad-proxy'] as const, ...hop, ...te, ...chunks].flat()
}

/** The header lines that go to the client. */
export function answerLines(answer: IncomingMessage, defect: Defect | undefined): Pairs {
  const kept = keep(answer.rawHeaders, defect === 'forwards-hop-fields')
  const isChunked = answer.headers['transfer-encoding'] !== undefined
  const chunks: Pairs = isChunked ? [['Transfer-Encoding', 'chunked']] : []
  const all = [...kept, ...chunks, ['Via', '1.1 bad-proxy'] as const]
  const hasDate = answer.headers.date !== undefined
  const dated = hasDate ? all : [...all, ['Date', new Date().toUTCString()] as const]
  if (defect === 'joins-set-cookie') return joinCookies(dated)
  if (defect === 'claims-hits') return [...dated, ['Cache-Status', 'bad-proxy; hit'] as const]
  if (defect === 'loses-digests') {
    return dated.filter(([name]) => !/^(?:content|repr)-digest$/i.test(name))
  }
  return dated
}

function keep(raw: Lines, isBad: boolean): Pairs {
  const pairs = pairsOf(raw).map(([name, value]) => [name, counted(name, value)] as const)
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(/[\s,]+/))
  // The connection's own options are never the other hop's.
  const own = new Set(isBad ? ['connection', 'transfer-encoding'] : [...hopNames, ...named])
  return pairs.filter(([name]) => !own.has(name.toLowerCase()))
}

// RFC 9110 7.6.2.
function counted(name: string, value: string): string {
  return name.toLowerCase() === 'max-forwards' ? String(Number(value) - 1) : value
}

function joinCookies(pairs: Pairs): Pairs {
  const isCookie = ([name]: Pairs[number]): boolean => name.toLowerCase() === 'set-cookie'
  const cookies = pairs.filter(isCookie).map(([, value]) => value)
  const others = pairs.filter((pair) => !isCookie(pair))
  return cookies.length === 0 ? others : [...others, ['Set-Cookie', cookies.join(', ')]]
}

/** A target as a careless proxy understands it. */
export function badPath(target: string): string {
  const [path = '/', query] = target.split('?', 2)
  const normal = posix.normalize(decodeURIComponent(path))
  return `${encodeURI(normal)}${query === undefined ? '' : `?${query}`}`
}

/** A field of an answer whose head is out. */
export function valueOf(response: ServerResponse, name: string): string | undefined {
  const head = (response as unknown as { _header: string | null })._header ?? ''
  return new RegExp(`^${name}: (.*)\r$`, 'im').exec(head)?.[1]
}

/** Names and values by turns, as pairs. */
export function pairsOf(raw: Lines): Pairs {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []))
}
