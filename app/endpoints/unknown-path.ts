import { OriginError } from '../errors.ts'
import { nearestWord } from '../nearest.ts'
import type { Endpoint } from './endpoint.ts'

/** The row for unknown paths: the echo, or 404 when the setting echo.unknownPaths says so. */
export function unknownPath(echo: Endpoint, rows: readonly Pick<Endpoint, 'path'>[]): Endpoint {
  const known = [...new Set(rows.map(({ path }) => firstPart(path)))]
  return {
    ...echo,
    handle(exchange, values) {
      if (exchange.origin.echoesUnknownPaths()) return echo.handle(exchange, values)
      const nearest = nearestWord(firstPart(exchange.path), known)
      const guess = nearest === undefined ? '' : `did you mean /${nearest}? `
      throw new OriginError(
        'NOT_FOUND',
        `no endpoint has this path (echo.unknownPaths=404); ${guess}GET /help lists all`,
      )
    },
  }
}

function firstPart(path: string): string {
  return path.split('/', 2)[1] ?? ''
}
