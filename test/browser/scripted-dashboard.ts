import type { TestContext } from 'node:test'

import { until } from '../support/wait.ts'
import type { Open, OpenPage } from './browser.ts'
import { type ScriptedOrigin, startScripted } from './scripted-origin.ts'

/** A dashboard of made-up numbers, in time that passes when the test says so. */
export interface ScriptedDashboard extends OpenPage {
  readonly origin: ScriptedOrigin
  /** What the page says of its connection. */
  readonly connection: () => Promise<string>
  /** Sends an event and resolves when the page shows it; some hundredths of a second pass. */
  readonly show: (
    stats: Readonly<Record<string, unknown>> & { readonly uptime_seconds: number },
  ) => Promise<void>
  /** As many seconds, from this uptime on, each with an event. */
  readonly run: (uptime: number, seconds: number) => Promise<void>
  /** Lets time pass in small steps until it holds. */
  readonly passUntil: (what: string, holds: () => boolean | Promise<boolean>) => Promise<void>
}

/** Opens one that has its stream and no event yet. */
export async function openScripted(t: TestContext, open: Open): Promise<ScriptedDashboard> {
  const origin = await startScripted(t)
  const opened = await open(t, `${origin.url}/dashboard`, { hasStoppedClock: true })
  await until('the page has its stream', () => origin.streams() === 1)
  const { page, value } = opened
  const passUntil: ScriptedDashboard['passUntil'] = async (what, holds) => {
    await until(what, async () => {
      await page.clock.runFor(20)
      return holds()
    })
  }
  const show: ScriptedDashboard['show'] = async (stats) => {
    origin.tell(stats)
    await passUntil('the event is shown', async () => {
      return (await value('uptime')) === stats.uptime_seconds
    })
  }
  const run: ScriptedDashboard['run'] = async (uptime, seconds) => {
    for (let second = uptime; second < uptime + seconds; second++) {
      await show({ uptime_seconds: second, requests_per_sec: 1000 })
      await page.clock.runFor(900)
    }
  }
  const connection = async (): Promise<string> =>
    (await page.locator('#connection').textContent()) ?? ''
  return { ...opened, origin, connection, show, run, passUntil }
}
