/** The colours of the report (report-style.ts), for both themes: the page can be switched, so each colour is a pair. */
export const PAGE_STYLE = `
:root { color-scheme: light dark;
  --page: light-dark(#f6f7f9, #101418); --card: light-dark(#fff, #181d23); --ink: light-dark(#1f2328, #e8ecf1);
  --muted: light-dark(#59636e, #9aa5b1); --grid: light-dark(#e6e9ed, #2a313a); --line: light-dark(#dde1e6, #2f3741);
  --accent: light-dark(#0072b2, #56b4e9); --warn: light-dark(#a33b00, #ff9147);
  --series-0: light-dark(#0072b2, #56b4e9); --series-1: light-dark(#d55e00, #ff9147); --series-2: light-dark(#009e73, #2fc79a);
  --series-3: light-dark(#cc79a7, #e3a1c6); --series-4: light-dark(#e69f00, #f2c14e); --series-5: light-dark(#56b4e9, #a8d8f5);
}
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 12px; top: 8px; z-index: 3; background: var(--card); padding: 4px 10px; }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
h1 { font-size: 18px; margin: 0; }
#folder { font-weight: 400; color: var(--muted); overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0; }
h3 { font-size: 14px; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 20px; padding: 10px 20px; background: var(--card); border-bottom: 1px solid var(--line); }
header p { margin: 0; font-size: 13px; color: var(--muted); font-variant-numeric: tabular-nums; }
#machine { margin-left: auto; }
#connection::before { content: ''; display: inline-block; width: 8px; height: 8px; border-radius: 4px; margin-right: 7px; background: var(--warn); }
#connection.live::before { background: var(--series-2); }
button, select, input { font: inherit; color: inherit; }
button, select, input[type=search] { background: var(--card); border: 1px solid var(--line); border-radius: 7px; padding: 3px 10px; font-size: 13px; }
button { cursor: pointer; }
button:hover { border-color: var(--muted); }
input[type=range], input[type=checkbox] { accent-color: var(--accent); vertical-align: middle; }
.columns { display: grid; grid-template-columns: 250px minmax(0, 1fr); align-items: start; }
nav { position: sticky; top: 0; max-height: 100vh; overflow-y: auto; padding: 18px 16px 18px 20px; }
.row { display: flex; justify-content: space-between; align-items: center; gap: 8px; }
.stacked { display: block; font-size: 13px; color: var(--muted); margin: 8px 0; }
.stacked input { width: 100%; }
#runs { list-style: none; margin: 0; padding: 0; }
#runs li { padding: 5px 0; font-size: 14px; }
#runs label { display: grid; grid-template-columns: auto auto minmax(0, 1fr); gap: 2px 8px; align-items: center; }
#runs .name { overflow-wrap: anywhere; line-height: 1.3; }
#runs .state { grid-column: 3; font-size: 12px; color: var(--muted); font-variant-numeric: tabular-nums; }
#runs .problem { grid-column: 3; font-size: 12px; color: var(--warn); }
main { padding: 0 20px 60px 4px; min-width: 0; }
main:focus { outline: none; }
.tools { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; align-items: center; gap: 6px 18px; padding: 12px 0; background: var(--page); font-size: 13px; }
.tools output { display: inline-block; min-width: 9ch; color: var(--muted); font-variant-numeric: tabular-nums; }
.hint { color: var(--muted); }
#empty, #untimed { color: var(--muted); }
#untimed { margin: 0; font-size: 13px; }
#sections { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 0 14px; align-items: end; }
#sections > section:has(.chart + .chart) { grid-column: 1 / -1; }
section { margin: 14px 0 26px; min-width: 0; }
section > .note { margin: 0 0 10px; max-width: 90ch; color: var(--muted); font-size: 13px; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 14px; margin-top: 8px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; min-width: 0; }
.chart { padding: 10px 12px 4px; display: flex; flex-direction: column; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0 14px; margin: 2px 0 4px; padding: 0; max-height: 5.4em; overflow-y: auto; font-size: 12.5px; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: 6px; min-width: 0; }
.legend .name { overflow-wrap: anywhere; }
.legend .value { color: var(--ink); font-variant-numeric: tabular-nums; min-width: 5ch; }
.swatch { flex: none; width: 18px; height: 0; border-top: 3px solid; }
.swatch.dashed { border-top-style: dashed; }
.swatch.dotted { border-top-style: dotted; }
.swatch.marked { height: 8px; width: 8px; border: none; border-radius: 4px; background: currentColor; margin: 0 5px; }
.plot { position: relative; height: 216px; margin-top: auto; }
.plot canvas { position: absolute; inset: 0; width: 100%; height: 100%; border-radius: 4px; touch-action: pan-y; }
.plot canvas:last-child { cursor: crosshair; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); gap: 12px; margin: 8px 0 18px; }
.pictures figure { overflow: hidden; }
.pictures img { display: block; width: 100%; height: auto; background: var(--grid); }
.pictures figcaption { padding: 5px 10px; font-size: 12.5px; color: var(--muted); overflow-wrap: anywhere; }
.scroll { overflow-x: auto; width: fit-content; max-width: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 10px; margin-top: 8px; }
table { border-collapse: collapse; font-size: 13.5px; }
th, td { padding: 5px 14px; text-align: left; vertical-align: top; overflow-wrap: anywhere; max-width: 40ch; }
thead th { color: var(--muted); font-weight: 600; }
tbody th { font-weight: 400; }
tbody tr > * { border-top: 1px solid var(--line); }
tr.different td { font-weight: 600; }
.map .scroll { border: none; border-radius: 0; margin: 4px auto auto 0; }
.map:has(.upright) { grid-column: 1 / -1; }
.map table { min-width: 17em; }
.map caption { white-space: nowrap; text-align: left; font-size: 12.5px; color: var(--muted); padding-bottom: 4px; font-variant-numeric: tabular-nums; }
.map th, .map td { padding: 5px 10px; border: none; }
.map thead th { text-align: center; }
.map tbody th { position: sticky; left: 0; background: var(--card); color: var(--muted); font-weight: 600; }
.map th span { display: block; max-width: 140px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.upright thead th { vertical-align: bottom; }
.upright thead span { writing-mode: vertical-rl; transform: rotate(180deg); margin: 0 auto; max-height: 120px; }
.map td { text-align: center; white-space: nowrap; min-width: 52px; color: var(--muted); font-variant-numeric: tabular-nums; }
.map .agree, .map .conflict { color: var(--ink); background: color-mix(in srgb, var(--heat) calc(var(--share) * 55%), transparent); }
.map .agree { --heat: var(--series-0); }
.map .conflict { --heat: var(--series-1); }
.map input { width: 100%; margin: 8px 0; }
.tools-inline { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; font-size: 13px; }
@media (max-width: 800px) {
  .columns { display: block; }
  nav { position: static; max-height: none; padding: 14px 16px 0; }
  main { padding: 0 16px 40px; }
  .hint { display: none; }
}
@media (prefers-reduced-motion: no-preference) { button { transition: border-color 0.15s; } }
`;
