import { byId, write } from './dom.js'
import './shell.js'
import { parseStats, recordIn } from './stats.js'
import { isDark, onThemeChange } from './theme.js'

// By which the viewer's style sheet knows.
const follow = () => document.documentElement.classList.toggle('dark-mode', isDark())
onThemeChange(follow)
follow()

/** @type {((options: object) => void) | undefined} */
const viewer = Reflect.get(window, 'SwaggerUIBundle')
if (viewer === undefined) {
  write(
    byId('viewer'),
    'The viewer is not installed here: it is a development dependency (npm ci without --omit=dev brings it). The API is described at openapi.json.',
  )
}

viewer?.({
  url: 'openapi.json',
  domNode: byId('viewer'),
  deepLinking: true,
  docExpansion: 'none',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  // A badge of its makers' would be fetched from elsewhere.
  validatorUrl: null,
})

const answer = await fetch('configz')
const settings = recordIn(parseStats(await answer.text()) ?? {}, 'effective')
const allowed = settings['cors.origin']
if (allowed !== '*' && allowed !== location.origin) {
  const now = typeof allowed === 'string' ? `is ${allowed}` : 'is not set'
  write(
    byId('cors'),
    `You can read everything here, and try the paths of the admin port. Your browser keeps answers of the traffic ports from this page, because cors.origin ${now}: start with --cors-origin=${location.origin}, or set it in the ConfigMap; it takes effect at once.`,
  )
  byId('cors').hidden = false
}
