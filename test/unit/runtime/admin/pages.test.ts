import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'

import { createPages } from '../../../../app/runtime/admin/pages.ts'
import type { AdminAnswer } from '../../../../app/runtime/admin/route.ts'

const routes = new Map(createPages().map((route) => [route.path, route]))

/** What a page's route answers to a request with these headers. */
async function ask(path: string, headers: Record<string, string> = {}): Promise<AdminAnswer> {
  const route = routes.get(path)
  assert.ok(route !== undefined, `${path} is served`)
  // Pages are made of files: nothing of the response or the query is looked at.
  const answer = await route.answer(
    {
      query: new URLSearchParams(),
      rest: '',
      body: () => Promise.resolve(''),
      signal: AbortSignal.timeout(1000),
      headers,
    },
    {} as never,
  )
  assert.ok(answer !== undefined)
  return answer
}

async function textOf(path: string): Promise<string> {
  const { body } = await ask(path)
  assert.ok(Buffer.isBuffer(body))
  return body.toString()
}

suite('pages', () => {
  test('the documents and their parts, all of them there to be read', async () => {
    const named = [...routes.values()].filter(({ summary }) => summary !== '')
    assert.deepEqual(
      named.map(({ path }) => path),
      ['/', '/dashboard', '/compare', '/compare3', '/faults', '/api'],
    )
    for (const path of routes.keys()) {
      const { status, body, contentType } = await ask(path)
      assert.equal(status, undefined)
      assert.ok(Buffer.isBuffer(body) && body.length > 0, path)
      assert.match(
        contentType ?? '',
        /^(?:text\/(?:html|css|javascript); charset=utf-8|image\/svg)/,
      )
    }
  })

  test('what a page or a script asks for is served', async () => {
    for (const path of routes.keys()) {
      if (!/\.js$|^\/[a-z0-9]*$/.test(path) || /uplot|swagger/.test(path)) continue
      const isDocument = !path.endsWith('.js')
      const pattern = isDocument ? /(?:src|href)="([^"]+)"/g : /from '(\.[^']+)'/g
      const asked = [...(await textOf(path)).matchAll(pattern)].map(
        ([, name = '']) => new URL(name, `http://origin${path}`).pathname,
      )
      assert.ok(!isDocument || asked.length > 3, path)
      const others = new Set(['/metrics', '/configz', '/openapi.json', '/api/v1/stats'])
      const missing = asked.filter((name) => !routes.has(name) && !others.has(name))
      assert.deepEqual(missing, [], path)
    }
  })

  test('the chart library is the installed one', async () => {
    const installed = import.meta.resolve('uplot/dist/uPlot.esm.js')
    assert.equal(await textOf('/assets/uplot.js'), readFileSync(new URL(installed), 'utf8'))
  })

  test('nothing is inline and nothing comes from elsewhere, as the policy asks', async () => {
    for (const path of ['/', '/dashboard', '/compare', '/compare3', '/faults', '/api']) {
      const { headers } = await ask(path)
      const policy = headers?.['Content-Security-Policy'] ?? ''
      assert.match(policy, /^default-src 'self'; connect-src \*;/)
      assert.doesNotMatch(policy, /unsafe/)
      const html = await textOf(path)
      assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]* src=)/)
      assert.doesNotMatch(html, /(?:src|href)="(?:\/|\w+:)/, 'it works below a path, too')
    }
  })

  test('who has it is told so, with the headers of the page', async () => {
    const { headers, body } = await ask('/assets/style.css')
    const tag = headers?.['ETag'] ?? ''
    assert.match(tag, /^"[\w-]{22}"$/)
    assert.equal(headers?.['Cache-Control'], 'no-cache')
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
      const answer = await ask('/assets/style.css', { 'if-none-match': known })
      assert.equal(answer.status, 304, known)
      assert.equal(answer.headers?.['ETag'], tag)
    }
    const other = await ask('/assets/style.css', { 'if-none-match': '"other"' })
    assert.deepEqual([other.status, other.body], [undefined, body])
  })

  test('files that are no part of a page are not served', () => {
    for (const path of ['/assets/tsconfig.json', '/assets/uplot.d.ts', '/assets/dashboard.html']) {
      assert.ok(!routes.has(path), path)
    }
  })
})
