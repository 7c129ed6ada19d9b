import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { extname } from 'node:path'

import { type Answers, textBody } from '../../endpoints/answers.ts'
import { isShortage } from '../../look.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from './route.ts'

// Beside the code both as TypeScript and as the image's JavaScript.
const web = new URL('../../web/', import.meta.url)

const targets = { doc: 'admin URLs of the origins, comma between', schema: textBody }

const documents = [
  {
    path: '/',
    file: 'index.html',
    summary: 'Page: links to all of these; for other clients than browsers this list',
  },
  {
    path: '/dashboard',
    file: 'dashboard.html',
    summary: 'Page: the last five minutes, live',
  },
  {
    path: '/compare',
    file: 'compare.html',
    summary: 'Page: two origins next to each other, ?targets=url,url; without them a form',
    query: { targets },
  },
  {
    path: '/compare3',
    file: 'compare.html',
    summary: 'Page: three of them',
    query: { targets },
  },
  {
    path: '/faults',
    file: 'faults.html',
    summary: 'Page: build a fault text by clicking, with its curl line',
    query: { text: { doc: 'the fault text to begin with', schema: textBody } },
  },
  {
    path: '/api',
    file: 'api.html',
    summary: 'Page: the endpoints to read and to try, made of /openapi.json',
  },
] as const

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const headers = {
  // All of ours, and nothing inline; /compare reads the numbers of any origin in its URL, and /api asks the traffic
  // ports. The arrows in the style sheet of /api are data.
  'Content-Security-Policy':
    "default-src 'self'; connect-src *; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  // Asked for each time and seldom sent: a new version of the origin has new pages at once.
  'Cache-Control': 'no-cache',
}

/** The dashboards' routes. A file is read when it is first asked for and kept; routes without a summary are parts of pages. */
export function createPages(): readonly AdminRoute[] {
  const assets = readdirSync(web).filter((name) => ['.css', '.js', '.svg'].includes(extname(name)))
  return [
    ...documents.map(({ path, file, ...more }) => createRoute(path, new URL(file, web), more)),
    ...assets.map((name) => createRoute(`/assets/${name}`, new URL(name, web))),
    createRoute('/assets/uplot.js', installed('uplot/dist/uPlot.esm.js')),
    createRoute('/assets/uplot.css', installed('uplot/dist/uPlot.min.css')),
    ...viewerFiles.flatMap((name) => {
      const file = viewerFile(name)
      return file === undefined ? [] : [createRoute(`/assets/${name}`, file)]
    }),
  ]
}

const viewerFiles = ['swagger-ui-bundle.js', 'swagger-ui.css']

// A package or an image has it in its own pages (pack/compile.js); a checkout among its development dependencies, or not
// at all (npm ci --omit=dev): then /api says so.
function viewerFile(name: string): URL | undefined {
  const own = new URL(`swagger-ui/${name}`, web)
  if (existsSync(own)) return own
  try {
    return installed(`swagger-ui-dist/${name}`)
  } catch (error) {
    if (isShortage(error)) return undefined
    throw error
  }
}

function installed(name: string): URL {
  return new URL(import.meta.resolve(name))
}

const pageAnswers: Answers = {
  200: {
    description: 'The page',
    headers: { ETag: 'Its version' },
    content: { 'text/html': textBody },
  },
  304: { description: 'The version in If-None-Match is the current one' },
}

function createRoute(
  path: string,
  file: URL,
  { summary = '', query = {} }: Partial<Pick<AdminRoute, 'summary' | 'query'>> = {},
): AdminRoute {
  let page: AdminAnswer | undefined
  const answer = (request: AdminRequest): AdminAnswer => {
    page ??= read(file)
    return isKnown(request, page) ? { ...page, status: 304 } : page
  }
  return {
    path,
    method: 'GET',
    summary,
    query,
    // Browsers and caches may add a version to parts of pages.
    ...(summary === '' && { takesAnyQuery: true }),
    answers: pageAnswers,
    isForBrowsers: path === '/',
    answer,
  }
}

function read(file: URL): AdminAnswer {
  const body = readFileSync(file)
  const tag = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  const contentType = contentTypes[extname(file.pathname)] ?? 'application/octet-stream'
  return { contentType, headers: { ...headers, ETag: `"${tag}"` }, body }
}

// A cache that compresses may have made the tag a weak one.
function isKnown(request: AdminRequest, page: AdminAnswer): boolean {
  const known = request.headers['if-none-match']?.split(',') ?? []
  return known.some((tag) => tag.trim().replace(/^W\//, '') === page.headers?.['ETag'])
}
