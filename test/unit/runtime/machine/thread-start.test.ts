import assert from 'node:assert/strict'
import { test } from 'node:test'

import { explainStart, missingThreads } from '../../../../app/runtime/machine/thread-start.ts'

const failed = (code: string): Error => new Error(`Worker initialization failure: ${code}`)

function reading(files: Readonly<Record<string, string>>): (path: string) => string | undefined {
  return (path) => files[path]
}

const cgroup2 = {
  '/proc/self/mountinfo': '30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
  '/proc/self/cgroup': '0::/pod\n',
  '/sys/fs/cgroup/cgroup.controllers': 'cpu memory pids\n',
}

test('without threads the error says which limit is reached and how to raise it', () => {
  const full = { '/sys/fs/cgroup/pod/pids.current': '12\n', '/sys/fs/cgroup/pod/pids.max': '12\n' }
  assert.equal(
    explainStart(failed('EAGAIN'), reading({ ...cgroup2, ...full })),
    'a worker cannot be started: no thread is left (EAGAIN); the cgroup has 12 of 12 processes and threads; raise pids.max: podPidsLimit of the kubelet, docker run --pids-limit, TasksMax of systemd',
  )
  const roomy = {
    '/sys/fs/cgroup/pod/pids.current': '12\n',
    '/sys/fs/cgroup/pod/pids.max': 'max\n',
  }
  const limits = {
    '/proc/self/limits': 'Max processes             30                   30       processes\n',
  }
  assert.match(
    explainStart(failed('EAGAIN'), reading({ ...cgroup2, ...roomy, ...limits })),
    /the user may have 30 processes and threads; raise it: ulimit -u 60$/,
  )
  assert.match(explainStart(failed('EAGAIN'), reading({})), /raise ulimit -u, or pids\.max/)
})

test('without files or memory the error says so, and other errors stay as they are', () => {
  assert.match(explainStart(failed('EMFILE'), reading({})), /no file descriptor is left.*ulimit -n/)
  assert.match(explainStart(failed('ENFILE'), reading({})), /sysctl fs\.file-max/)
  assert.match(explainStart(failed('ENOMEM'), reading({})), /no memory is left/)
  assert.equal(explainStart(new Error('port 80: EACCES'), reading({})), 'port 80: EACCES')
})

function group(current: string, max: string): Readonly<Record<string, string>> {
  return {
    ...cgroup2,
    '/sys/fs/cgroup/pod/pids.current': `${current}\n`,
    '/sys/fs/cgroup/pod/pids.max': `${max}\n`,
  }
}

test('a start that would run out of threads is refused before it begins', () => {
  assert.match(
    missingThreads(2, reading(group('7', '12'))) ?? '',
    /^2 workers need 6 more threads, and the cgroup has 7 of 12 processes and threads; raise pids\.max/,
  )
  assert.equal(missingThreads(2, reading(group('6', '12'))), undefined)
  assert.equal(missingThreads(2, reading(group('6', 'max'))), undefined)
  assert.equal(missingThreads(2, reading({})), undefined)
})
