import { type SettingName, settings } from '../../app/config/settings.ts'
import type { TestSettings } from './origin.ts'

const names = (Object.keys(settings) as SettingName[]).filter((name) =>
  settings[name].format.allowed.startsWith('a port'),
)

/** Every listener on a port that is free, so that origins on one network leave each other alone. */
export const anyPorts: TestSettings = Object.fromEntries(names.map((name) => [name, 0]))
