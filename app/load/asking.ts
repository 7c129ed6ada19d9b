const patienceMs = 5000

/** JSON from an admin port; rejects with a sentence. */
export async function askJson(base: string, path: string): Promise<unknown> {
  const url = new URL(path, base)
  let answer: Response
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) })
  } catch (error) {
    throw new Error(`${url.href} ${reasonOf(error)}`, { cause: error })
  }
  if (!answer.ok) {
    await answer.body?.cancel()
    throw new Error(`${url.href} answered ${answer.status}`)
  }
  try {
    return await answer.json()
  } catch (error) {
    throw new Error(`${url.href} answered no JSON`, { cause: error })
  }
}

function reasonOf(error: unknown): string {
  const { cause, name } = error as Error
  if (name === 'TimeoutError') return `did not answer within ${patienceMs / 1000} s`
  const { code, message } = (cause ?? error) as NodeJS.ErrnoException
  return `could not be asked: ${code ?? message}`
}

/** A field that is a number; null when it is anything else. */
export function numberIn(page: unknown, name: string): number | null {
  const value: unknown = fieldOf(page, name)
  return typeof value === 'number' ? value : null
}

/** A field that is a text; null when it is anything else. */
export function textIn(page: unknown, name: string): string | null {
  const value: unknown = fieldOf(page, name)
  return typeof value === 'string' ? value : null
}

function fieldOf(page: unknown, name: string): unknown {
  return typeof page === 'object' && page !== null ? Reflect.get(page, name) : undefined
}
