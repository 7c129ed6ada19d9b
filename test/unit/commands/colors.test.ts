import assert from 'node:assert/strict'
import { test } from 'node:test'

import { hasColors } from '../../../app/commands/colors.ts'

test('colours are for terminals, unless the environment says otherwise', () => {
  for (const [env, onTerminal, elsewhere] of [
    [{}, true, false],
    [{ NO_COLOR: '1' }, false, false],
    // no-color.org: present and not empty.
    [{ NO_COLOR: '' }, true, false],
    [{ TERM: 'dumb' }, false, false],
    [{ FORCE_COLOR: '1' }, true, true],
    [{ FORCE_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '0' }, false, false],
    [{ FORCE_COLOR: 'false' }, false, false],
    [{ FORCE_COLOR: '3', NO_COLOR: '1' }, true, true],
  ] as const) {
    const what = JSON.stringify(env)
    assert.equal(hasColors(env, true), onTerminal, `${what} on a terminal`)
    assert.equal(hasColors(env, false), elsewhere, `${what} elsewhere`)
  }
})
