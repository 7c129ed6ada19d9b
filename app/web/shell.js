// For pages that neither draw charts nor pause: the button and the key of the theme.
import { byId } from './dom.js'
import { toggleTheme } from './theme.js'

byId('theme').addEventListener('click', toggleTheme)
document.addEventListener('keydown', ({ key, target, ctrlKey, altKey, metaKey, repeat }) => {
  if (key !== 't' || ctrlKey || altKey || metaKey || repeat) return
  // What is being written keeps its letters.
  const isWriting = target instanceof Element && target.closest('input, textarea, select') !== null
  if (!isWriting) toggleTheme()
})
