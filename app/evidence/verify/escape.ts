/** Text as it may stand in XML and HTML, in attributes too; control characters, which XML cannot have, become U+FFFD. */
export function escapeMarkup(text: string): string {
  return text
    .replaceAll(controls, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

// XML 1.0 allows tab, LF and CR of these.
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g
