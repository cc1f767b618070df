/** The style sheet of the appliance's own pages: light and dark, small screens. */
export const style = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1b2430; --soft: #5a6675; --rule: #dfe4ea; --mark: #2b6cb0; }
@media (prefers-color-scheme: dark) {
  :root { --page: #11161d; --card: #1a212b; --ink: #e8edf3; --soft: #9fb0c2; --rule: #2e3947; --mark: #6ea8e6; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1.25rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 0 0 .25rem; }
p { margin: .25rem 0 .75rem; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: .75rem; padding: 1rem 1.25rem; margin: 1rem 0; }
code, pre { font-family: ui-monospace, Consolas, "DejaVu Sans Mono", monospace; font-size: .875rem; }
pre { overflow-x: auto; margin: .25rem 0 .75rem; padding: .5rem .75rem; border: 1px solid var(--rule); border-radius: .5rem; }
pre code { display: block; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
a { color: var(--mark); }
`
