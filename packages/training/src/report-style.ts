/** The style of the report; the palette on dark ground is Okabe and Ito's, lightened to the same contrast. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1f2328; --muted: #59636e; --grid: #e6e9ed; --line: #dde1e6; }
@media (prefers-color-scheme: dark) { :root {
  --page: #101418; --card: #181d23; --ink: #e8ecf1; --muted: #9aa5b1; --grid: #2a313a; --line: #2a313a;
  --series-0: #56b4e9; --series-1: #ff9147; --series-2: #2fc79a; --series-3: #e3a1c6; --series-4: #f2c14e; --series-5: #a8d8f5;
} }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; }
h2 { font-size: 19px; margin: 36px 0 2px; }
.summary { margin: 0; max-width: 75ch; color: var(--muted); }
.note { margin: 0 0 12px; max-width: 90ch; color: var(--muted); font-size: 14px; }
h2 + .charts, h2 + .scroll, h2 + .pictures { margin-top: 10px; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 16px; }
.charts > svg { width: 100%; height: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 6px; }
.scroll { overflow-x: auto; width: fit-content; max-width: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 7px 16px; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th:not(.number), td:not(.number) { min-width: 120px; }
th { color: var(--muted); font-weight: 600; }
tr + tr > *, tbody > tr:first-child > * { border-top: 1px solid var(--line); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.scroll:focus-visible { outline: 2px solid var(--series-0, #0072b2); outline-offset: 2px; }
.charts + .scroll { margin-top: 16px; }
.matrix th, .matrix td { padding: 5px 10px; min-width: 0; }
.matrix thead th { text-align: center; }
.matrix thead tr + tr th { border-top: 0; }
.matrix thead tr + tr th:first-child, .matrix tbody th { text-align: left; }
.matrix span { display: block; max-width: 160px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.matrix tbody th { position: sticky; left: 0; background: var(--card); }
.upright thead span { writing-mode: vertical-rl; transform: rotate(180deg); margin: 0 auto; max-height: 140px; }
.upright thead tr + tr th { vertical-align: bottom; }
.matrix td { text-align: center; min-width: 40px; color: var(--muted); font-variant-numeric: tabular-nums; }
.matrix .right, .matrix .wrong { color: var(--ink); print-color-adjust: exact; background: color-mix(in srgb, var(--heat) calc(8% + var(--share) * 47%), transparent); }
.matrix .right { --heat: var(--series-0, #0072b2); }
.matrix .wrong { --heat: var(--series-1, #d55e00); }
.maps { display: flex; flex-wrap: wrap; gap: 16px; }
.charts + .maps, .scroll + .maps { margin-top: 16px; }
.maps .upright thead th { vertical-align: bottom; }
.maps caption { white-space: nowrap; padding: 8px 12px 2px; text-align: left; font-weight: 600; }
.matrix .agree, .matrix .conflict { color: var(--ink); print-color-adjust: exact; background: color-mix(in srgb, var(--heat) calc(var(--share) * 55%), transparent); }
.matrix .agree { --heat: var(--series-0, #0072b2); }
.matrix .conflict { --heat: var(--series-1, #d55e00); }
.scroll + .pictures, .maps + .pictures { margin-top: 16px; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); gap: 16px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
figure img { display: block; width: 100%; height: auto; }
figcaption { padding: 8px 12px; font-size: 13px; color: var(--muted); overflow-wrap: anywhere; }
@media print { body { background: none; } section { break-inside: avoid; } }
`;
