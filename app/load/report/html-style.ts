/** The look of the HTML report, in light and dark as the reader's system has it. */
export const pageStyle = `
:root{color-scheme:light dark;--ground:light-dark(#f4f6f8,#0d1117);--card:light-dark(#fff,#151b23);--ink:light-dark(#16202b,#e6edf3);--muted:light-dark(#5b6875,#93a1b0);--edge:light-dark(#dde3e9,#2a323d);--line-1:light-dark(#1f6feb,#58a6ff);--line-2:light-dark(#7a8794,#8b98a5);--line-3:light-dark(#b35900,#f0a04b);--line-4:light-dark(#cf222e,#ff7b72);--good:light-dark(#1a7f37,#3fb950);--warn:light-dark(#9a6700,#d29922)}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:14px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}
header,main,footer{max-width:1200px;margin:0 auto;padding:12px 20px}
h1{font-size:20px;margin:8px 0 0;overflow-wrap:anywhere}
main{display:grid;gap:12px;grid-template-columns:minmax(0,1fr)}
header p,footer,small{color:var(--muted)}
header p{margin:2px 0 0}
h2{font-size:14px;margin:0 0 8px}
section.verdict,section.wide,.tables>section,figure,.card{background:var(--card);border:1px solid var(--edge);border-radius:8px;padding:12px 14px;margin:0}
section.verdict{border-left-width:4px}
section.verdict.none{border-left-color:var(--good)}
section.verdict.client,section.verdict.unknown{border-left-color:var(--warn)}
section.verdict.origin,section.verdict.path{border-left-color:var(--line-4)}
.verdict ul{margin:0;padding-left:18px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px}
.card{display:flex;flex-direction:column}
.card span{color:var(--muted)}
.card b{font-size:20px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:12px}
figcaption{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline;margin-bottom:4px}
.legend{margin-left:auto;display:flex;gap:12px;color:var(--muted)}
.key i{display:inline-block;width:10px;height:3px;margin-right:5px;vertical-align:middle;background:currentColor}
.key.tone-1 i{color:var(--line-1)}.key.tone-2 i{color:var(--line-2)}.key.tone-3 i{color:var(--line-3)}.key.tone-4 i{color:var(--line-4)}
svg{width:100%;height:auto;display:block}
svg text{fill:var(--muted);font-size:11px}
svg .y{text-anchor:end}
svg .x{text-anchor:middle}
svg .grid{stroke:var(--edge)}
svg .line{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
svg .dashed{stroke-dasharray:4 3}
.line.tone-1{stroke:var(--line-1)}.line.tone-2{stroke:var(--line-2)}.line.tone-3{stroke:var(--line-3)}.line.tone-4{stroke:var(--line-4)}
.wide,.tables>section{overflow-x:auto}
.wide :is(th,td){white-space:nowrap}
.tables{display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:12px;align-items:start}
table{border-collapse:collapse;width:100%}
th{text-align:left;font-weight:500;color:var(--muted)}
td,tr:first-child>th:not(:first-child){text-align:right}
th,td{padding:3px 8px 3px 0;border-bottom:1px solid var(--edge)}
tr:last-child>*{border-bottom:0}
@media(max-width:600px){svg text{font-size:14px}}
`
