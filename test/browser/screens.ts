import type { Page } from 'playwright-core'

/** How people look at a page: at a desk, on a phone, in the dark. */
export const screens = {
  desktop: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
} as const

/** The width that the page takes; more than the screen's is scrolling to the side. */
export function widthOf(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth')
}

/** The cards and tables with more in them than they show without scrolling to the side. */
export function cut(page: Page): Promise<readonly string[]> {
  return page.evaluate(`[...document.querySelectorAll('.card, .listing, .question, .chart')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.id || one.className)`)
}
