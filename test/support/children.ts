import type { ChildProcess } from 'node:child_process'

const alive = new Set<ChildProcess>()

// What ends this process without its hooks: a hook that failed, a runner whose time is over, Ctrl-C.
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Has a program end with this process, however this process ends (by SIGKILL it cannot be helped). */
export function endWithUs<C extends ChildProcess>(child: C): C {
  if (alive.size === 0) listen()
  alive.add(child)
  child.once('exit', () => {
    alive.delete(child)
    if (alive.size === 0) unlisten()
  })
  return child
}

function listen(): void {
  process.on('exit', killAll)
  for (const signal of signals) process.on(signal, endBy)
}

function unlisten(): void {
  process.off('exit', killAll)
  for (const signal of signals) process.off(signal, endBy)
}

function killAll(): void {
  for (const child of alive) child.kill('SIGKILL')
}

function endBy(signal: NodeJS.Signals): void {
  killAll()
  unlisten()
  // As if nobody had listened.
  process.kill(process.pid, signal)
}
