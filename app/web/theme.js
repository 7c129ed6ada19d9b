const key = 'hpdummy-theme'

const root = document.documentElement
const system = matchMedia('(prefers-color-scheme: dark)')

/** @type {Map<string, string>} */
const resolved = new Map()

/** @type {(() => void)[]} */
const followers = []

/** Calls `follow` after each change of the colours. @param {() => void} follow */
export function onThemeChange(follow) {
  followers.push(follow)
}

/** From dark to light and back; remembered in this browser until it is what the system says. */
export function toggleTheme() {
  const theme = isDark() ? 'light' : 'dark'
  const isSystems = (theme === 'dark') === system.matches
  if (isSystems) delete root.dataset['theme']
  else root.dataset['theme'] = theme
  remember(isSystems ? undefined : theme)
  tell()
}

/** Whether the page is dark now. */
export function isDark() {
  const { theme } = root.dataset
  return theme === undefined ? system.matches : theme === 'dark'
}

/**
 * A colour of the style sheet as a canvas takes it, which knows no custom properties.
 * @param {string} property such as `--line-1`
 */
export function colour(property) {
  const known = resolved.get(property)
  if (known !== undefined) return known
  const probe = document.createElement('span')
  probe.style.color = `var(${property})`
  root.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  resolved.set(property, color)
  return color
}

function tell() {
  resolved.clear()
  for (const follow of followers) follow()
}

/** @param {string | undefined} theme */
function remember(theme) {
  try {
    if (theme === undefined) localStorage.removeItem(key)
    else localStorage.setItem(key, theme)
  } catch {
    // A browser that keeps nothing for us still shows what was chosen.
  }
}

function recall() {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

const remembered = recall()
if (remembered === 'light' || remembered === 'dark') root.dataset['theme'] = remembered
system.addEventListener('change', tell)
