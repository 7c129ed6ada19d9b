import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { createDirectory, run, runHpdummy } from '../support/programs.ts'
import { without } from '../support/tools.ts'

type Shell = 'bash' | 'zsh' | 'fish'

/** A file with what `hpdummy completion SHELL` prints. */
async function scriptFor(t: TestContext, shell: Shell): Promise<string> {
  const { code, stdout, stderr } = await runHpdummy(['completion', shell])
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  const file = join(createDirectory(t), `hpdummy.${shell}`)
  writeFileSync(file, stdout)
  return file
}

/** Runs a script of a shell's own, in which $1 is `file`; the lines it prints. */
async function linesOf(shell: Shell, script: string, file: string): Promise<readonly string[]> {
  const quiet = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] }[shell]
  const words = shell === 'fish' ? ['-c', script, file] : ['-c', script, shell, file]
  const { code, stdout, stderr } = await run(shell, [...quiet, ...words])
  assert.equal(code, 0, stderr)
  return stdout.toString().split(/\r?\n/)
}

/** What bash offers for the last of the words, which it splits at = itself. */
async function offered(file: string, ...words: string[]): Promise<readonly string[]> {
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const script = `source "$1"; COMP_WORDS=(hpdummy ${quoted}); COMP_CWORD=${words.length}
    _hpdummy; printf '%s\n' "\${COMPREPLY[@]}"`
  const lines = await linesOf('bash', script, file)
  return lines.filter((line) => line !== '')
}

suite('completion in bash', { skip: without('bash') }, () => {
  test('offers commands, words, flags, values and files', async (t) => {
    const file = await scriptFor(t, 'bash')
    for (const [words, wanted] of [
      [['se'], ['serve', 'settings']],
      [['--log-le'], ['--log-level=']],
      [['--log-level', '=', 'd'], ['debug']],
      [
        ['serve', '--log-level', '='],
        ['debug', 'info', 'warn', 'error', 'silent'],
      ],
      [['--log-level', 'w'], ['warn']],
      [['--tls-self'], ['--tls-self-signed']],
      [
        ['settings', ''],
        ['print', 'explain', 'list'],
      ],
      [['settings', 'print', '--drain-q'], ['--drain-quiet=']],
      [['help', 'tl'], ['tls']],
      [['version', '--'], []],
      [['--config', 'package.j'], ['package.json']],
      [['load', '--ra'], ['--rate=']],
      [['load', 'http://localhost', '--arrivals', '=', 'p'], ['poisson']],
      [['load', '--html', 'package.j'], ['package.json']],
      [['load', '--http-p'], []],
      [['verify', '--gr'], ['--groups=']],
      [['verify', '--insec'], ['--insecure']],
      [['verify', '--rat'], []],
    ] as const) {
      assert.deepEqual(await offered(file, ...words), wanted, words.join(' '))
    }
  })
})

suite('completion in fish', { skip: without('fish') }, () => {
  test('offers commands, words, flags, values and files', async (t) => {
    const file = await scriptFor(t, 'fish')
    for (const [line, wanted] of [
      ['hpdummy se', ['serve', 'settings']],
      ['hpdummy --log-le', ['--log-level']],
      ['hpdummy --log-level=d', ['--log-level=debug']],
      ['hpdummy --log-level w', ['warn']],
      ['hpdummy settings ', ['explain', 'list', 'print']],
      ['hpdummy settings print --drain-q', ['--drain-quiet']],
      ['hpdummy help tl', ['tls']],
      ['hpdummy version --', []],
      ['hpdummy --config package.j', ['package.json']],
      ['hpdummy load --ra', ['--rate']],
      ['hpdummy load http://localhost --arrivals=p', ['--arrivals=poisson']],
      ['hpdummy load --html package.j', ['package.json']],
      ['hpdummy load --http-p', []],
      ['hpdummy verify --gr', ['--groups']],
      ['hpdummy verify --insec', ['--insecure']],
      ['hpdummy help load --ra', []],
    ] as const) {
      const lines = await linesOf('fish', `source $argv[1]; complete -C '${line}'`, file)
      const found = lines.map((one) => one.split('\t', 1).join('')).filter((one) => one !== '')
      assert.deepEqual(found, wanted, line)
    }
  })
})

// zsh completes at a terminal only, so it is given one. Ctrl-X shows what stands on the line after Tab.
function completedInZsh(line: string): string {
  return `zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z "PS1=; autoload -U compinit; compinit -u -D; source '$1'
      show() { print -r -- \\"line=<\\$BUFFER>\\"; BUFFER=; zle accept-line }
      zle -N show; bindkey '^X' show; echo READY\\$((1+1))"
    zpty -r -m z out '*READY2*'
    zpty -w -n z '${line}'$'\\t\\x18'
    zpty -r -m z out '*line=<*>*'
    print -r -- "$out"`
}

suite('completion in zsh', { skip: without('zsh') }, () => {
  // Of a flag that takes a value, zsh shows what it means at the first Tab and completes it at the second.
  test('completes commands, words, flags, values and files', async (t) => {
    const file = await scriptFor(t, 'zsh')
    for (const [line, wanted] of [
      ['hpdummy serv', 'hpdummy serve '],
      ['hpdummy --log-lev\t', 'hpdummy --log-level='],
      ['hpdummy --log-level=d', 'hpdummy --log-level=debug '],
      ['hpdummy settings pr', 'hpdummy settings print '],
      ['hpdummy settings print --drain-q\t', 'hpdummy settings print --drain-quiet='],
      ['hpdummy help tl', 'hpdummy help tls '],
      ['hpdummy --config=package.j', 'hpdummy --config=package.json '],
      ['hpdummy load localhost --arrivals=p', 'hpdummy load localhost --arrivals=poisson '],
      ['hpdummy load --header=a --head\t', 'hpdummy load --header=a --header='],
      ['hpdummy verify --gr\t', 'hpdummy verify --groups='],
    ] as const) {
      const lines = await linesOf('zsh', completedInZsh(line), file)
      const shown = lines
        .map((one) => /line=<(.*)>/.exec(one)?.[1])
        .find((one) => one !== undefined)
      assert.equal(shown, wanted, lines.join('\n'))
    }
  })
})
