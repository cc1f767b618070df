/** The style sheet of the report: light and dark, small screens, paper. Colours are told apart by people who do not see red or green. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #5a6675; --rule: #dfe4ea;
  --out: #2b6cb0; --stopped: #d9480f; --sensitive: #8a1c5b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11161d; --card: #1a212b; --ink: #e8edf3; --soft: #9fb0c2; --rule: #2e3947;
    --out: #6ea8e6; --stopped: #ff9257; --sensitive: #e58ac0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
header, main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 0 0 .25rem; }
p { margin: .25rem 0 .75rem; max-width: 46rem; }
.soft, caption, footer { color: var(--soft); }
section {
  background: var(--card); border: 1px solid var(--rule); border-radius: .75rem;
  padding: 1.1rem 1.25rem; margin: 1.1rem 0;
}
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; padding: 0; margin: 1.1rem 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--rule); border-left: .3rem solid var(--rule); border-radius: .75rem; padding: .8rem 1rem; }
.tiles li.out { border-left-color: var(--out); }
.tiles li.stopped { border-left-color: var(--stopped); }
.tiles li.sensitive { border-left-color: var(--sensitive); }
.tiles b { display: block; font-size: 1.6rem; line-height: 1.2; }
.tiles span { display: block; color: var(--soft); font-size: .85rem; }
figure { margin: 1rem 0 0; }
figcaption { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; font-weight: 600; font-size: .95rem; }
.legend { font-weight: 400; color: var(--soft); font-size: .85rem; }
.legend span { margin-left: .75rem; white-space: nowrap; }
.legend i { display: inline-block; width: .75em; height: .75em; border-radius: .15em; margin-right: .4em; }
i.out { background: var(--out); }
i.stopped { background: var(--stopped); }
.plot { display: grid; grid-template-columns: max-content 1fr; gap: .25rem .6rem; margin-top: .5rem; }
.scale, .axis { display: flex; justify-content: space-between; color: var(--soft); font-size: .75rem; }
.scale { flex-direction: column; text-align: right; line-height: 1; }
.axis { grid-column: 2; }
.plot svg { width: 100%; height: 11rem; display: block; }
.grid { stroke: var(--rule); stroke-width: 1; vector-effect: non-scaling-stroke; }
rect.out { fill: var(--out); }
rect.stopped { fill: var(--stopped); }
rect.hit { fill: transparent; }
g:hover rect.hit { fill: var(--rule); }
.scroll { overflow-x: auto; margin-top: .5rem; }
.scroll:focus-visible, summary:focus-visible { outline: 3px solid var(--out); outline-offset: 2px; border-radius: .25rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: left; padding-bottom: .35rem; font-size: .85rem; }
th, td { text-align: left; padding: .4rem .75rem .4rem 0; border-top: 1px solid var(--rule); vertical-align: middle; }
thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: .8rem; white-space: nowrap; }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 8.5rem; }
th.number, td.number { text-align: right; white-space: nowrap; }
th small { display: block; color: var(--soft); font-weight: 400; font-size: .8rem; max-width: 28rem; }
td.text { min-width: 7rem; }
td.wide { min-width: 8rem; width: 22%; }
tbody .code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .82rem; overflow-wrap: anywhere; min-width: 10rem; }
.share, .spark { display: block; width: 100%; }
.share { height: .7rem; border-radius: .2rem; }
.spark { height: 2rem; }
details { margin-top: .75rem; }
summary { cursor: pointer; color: var(--soft); font-size: .85rem; width: max-content; }
pre { overflow-x: auto; font-size: .8rem; margin: .5rem 0 0; }
footer { padding-bottom: 2.5rem; font-size: .85rem; }
@media (max-width: 40rem) {
  header, main, footer { padding-left: .8rem; padding-right: .8rem; }
  section { padding: .9rem; border-radius: .5rem; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tiles b { font-size: 1.25rem; }
  .plot svg { height: 9rem; }
  th, td { padding-right: .5rem; }
  thead th { white-space: normal; vertical-align: bottom; }
  tbody th { min-width: 7rem; }
  td.wide { min-width: 4.5rem; }
  td.text { min-width: 6rem; }
}
@media print {
  :root {
    --page: #fff; --card: #fff; --ink: #000; --soft: #444; --rule: #ccc;
    --out: #2b6cb0; --stopped: #d9480f; --sensitive: #8a1c5b;
  }
  body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  section, .tiles li { border-radius: 0; }
  section { border-width: 1px 0 0; padding: .8rem 0; margin: 0; }
  figure, tr, .tiles li { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
  summary { display: none; }
}
`
