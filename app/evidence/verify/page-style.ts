/** How the page looks, on light and dark screens and on paper. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f4f6f8, #0d1117);
  --card: light-dark(#ffffff, #151b23);
  --ink: light-dark(#16202b, #e6edf3);
  --muted: light-dark(#57636f, #98a4b0);
  --edge: light-dark(#dde3e9, #272f38);
  --pass: light-dark(#18763a, #4cc264);
  --note: light-dark(#0b5cd5, #6cb0ff);
  --warn: light-dark(#8f5f00, #e0a938);
  --fail: light-dark(#c4232c, #ff7b72);
  --unknown: light-dark(#7a3fb0, #c297f2);
  --skipped: var(--muted);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1040px; padding: 24px 20px; background: var(--ground); color: var(--ink); }
h1 { margin: 0 0 6px; font-size: 22px; letter-spacing: -0.01em; }
h1 span { color: var(--muted); font-weight: 400; overflow-wrap: anywhere; }
header p, footer p, .sentence { margin: 0 0 12px; color: var(--muted); max-width: 80ch; }
.tally { display: flex; flex-wrap: wrap; gap: 8px; list-style: none; margin: 0 0 8px; padding: 0; }
.tally li { padding: 4px 12px; border: 1px solid var(--edge); border-radius: 8px; background: var(--card); }
.tally b { font-size: 1.2rem; }
.failed a { color: var(--fail); font-weight: 650; margin-right: 0.4em; }
h2 { margin: 28px 0 4px; font-size: 17px; }
.letter { display: inline-block; min-width: 1.6em; color: var(--muted); }
details { border: 1px solid var(--edge); border-left: 4px solid var(--mark); background: var(--card); border-radius: 8px; margin: 6px 0; break-inside: avoid; }
summary { display: flex; gap: 10px; align-items: baseline; padding: 7px 12px; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 2px solid var(--note); outline-offset: 2px; border-radius: 6px; }
.result { flex: 0 0 5.2em; color: var(--mark); font-weight: 650; }
.id { flex: 0 0 2.4em; font-variant-numeric: tabular-nums; color: var(--muted); }
.title { flex: 1; }
.rule { color: var(--muted); font-size: 0.87rem; white-space: nowrap; }
dl { display: grid; grid-template-columns: 3.2em 1fr; gap: 2px 10px; margin: 0; padding: 0 12px 10px 12px; font-size: 0.93rem; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; max-width: 85ch; }
.pass { --mark: var(--pass); } .note { --mark: var(--note); } .warn { --mark: var(--warn); }
.fail { --mark: var(--fail); } .unknown { --mark: var(--unknown); } .skipped { --mark: var(--skipped); }
.tally li b { color: var(--mark); }
footer { margin-top: 28px; border-top: 1px solid var(--edge); padding-top: 12px; font-size: 0.93rem; }
@media (max-width: 640px) {
  summary { flex-wrap: wrap; }
  .title { flex-basis: 100%; order: 3; }
}
@media print {
  :root { color-scheme: light; font-size: 11px; }
  body { background: none; padding: 0; max-width: none; }
  details { border-radius: 0; }
  details:not([open])::details-content { display: none; }
  h2 { break-after: avoid; }
}
`
