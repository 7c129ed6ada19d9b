import type { TestContext } from 'node:test'

type Undo = () => unknown

const undoings = new WeakMap<Pick<TestContext, 'after'>, Undo[]>()

/**
 * Undoes something when the test is over: what was done last first, so that a program is gone before the directory it
 * writes to. Node's own hooks run in the order they were added, and not at all after one that fails; here all run, and
 * the first failure is the test's.
 */
export function atEnd(t: Pick<TestContext, 'after'>, undo: Undo): void {
  const before = undoings.get(t)
  if (before !== undefined) return void before.push(undo)
  const undos = [undo]
  undoings.set(t, undos)
  t.after(async () => {
    const failures: unknown[] = []
    for (const one of undos.toReversed()) {
      try {
        await one()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  })
}
