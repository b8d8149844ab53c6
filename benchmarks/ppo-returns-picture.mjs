/** The picture of the study of reward scales: a panel per environment, a line per balancing, a dot per seed. */

const WIDTH = 380;
const HEIGHT = 240;
const LEFT = 52;
const TOP = 40;
const GAP = 36;

// Readable on light and on dark.
const STYLE = `
svg { --page: #fff; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0;
  --a: #bc4c00; --b: #0969da; --c: #1a7f37; --d: #8250df; font: 12px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg { --page: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --line: #30363d;
  --a: #f0883e; --b: #4493f8; --c: #3fb950; --d: #ab7df8; } }
.page { fill: var(--page); } text { fill: var(--ink); } .soft { fill: var(--soft); font-size: 11px; }
.grid { stroke: var(--line); } .mean { fill: none; stroke-width: 2; } .seed { opacity: .45; }
.a { stroke: var(--a); } .b { stroke: var(--b); } .c { stroke: var(--c); } .d { stroke: var(--d); }
.a.fill { fill: var(--a); } .b.fill { fill: var(--b); } .c.fill { fill: var(--c); } .d.fill { fill: var(--d); } .fill { stroke: none; }
`;

const distinct = (list) => [...new Set(list)];
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const number = (value) => String(Math.round(value * 10) / 10);

/** About five round numbers from `low` to `high`. */
function ticks(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, at) => (first + at) * step);
}

function panel(runs, balances, scales, left) {
  const returns = runs.map((run) => run.recentReturn).filter(Number.isFinite);
  const low = Math.min(0, ...returns);
  const high = Math.max(0, ...returns);
  const x = (at) => left + LEFT + ((at + 0.5) * (WIDTH - LEFT)) / scales.length;
  const y = (value) => TOP + (HEIGHT * (high - value)) / (high - low);
  const grid = ticks(low, high).map(
    (value) =>
      `<path class="grid" d="M${left + LEFT} ${number(y(value))}H${left + WIDTH}"/><text class="soft" text-anchor="end" x="${left + LEFT - 6}" y="${number(y(value) + 4)}">${value}</text>`,
  );
  const labels = scales.map(
    (scale, at) =>
      `<text class="soft" text-anchor="middle" x="${number(x(at))}" y="${TOP + HEIGHT + 18}">× ${scale}</text>`,
  );
  const lines = balances.map((balance, k) => {
    // Side by side, so that equal returns do not hide each other.
    const shift = 5 * (k - (balances.length - 1) / 2);
    const of = (scale) =>
      runs.filter((run) => run.balance === balance && run.scale === scale && Number.isFinite(run.recentReturn));
    const dots = scales.flatMap((scale, at) =>
      of(scale).map(
        (run) =>
          `<circle class="${'abcd'[k]} fill seed" cx="${number(x(at) + shift)}" cy="${number(y(run.recentReturn))}" r="2.5"/>`,
      ),
    );
    const points = scales.flatMap((scale, at) => {
      const list = of(scale).map((run) => run.recentReturn);
      return list.length === 0 ? [] : [`${number(x(at) + shift)} ${number(y(mean(list)))}`];
    });
    return `<path class="mean ${'abcd'[k]}" d="M${points.join('L')}"/>${dots.join('')}`;
  });
  const title = `<text x="${left + LEFT}" y="${TOP - 14}">${runs[0].env}, return</text>`;
  return [title, ...grid, ...labels, ...lines].join('\n');
}

/** @param results runs with `env`, `balance`, `scale` and `recentReturn`. At most four balancings. */
export function rewardScalesPicture(results, scales) {
  const balances = distinct(results.map(({ balance }) => balance));
  const environments = distinct(results.map(({ env }) => env));
  const panels = environments.map((env, at) =>
    panel(
      results.filter((run) => run.env === env),
      balances,
      scales,
      at * (WIDTH + GAP),
    ),
  );
  const bottom = TOP + HEIGHT + 44;
  const legend = balances.map((balance, k) => {
    const x = LEFT + k * 130;
    return `<path class="mean ${'abcd'[k]}" d="M${x} ${bottom - 4}h18"/><text x="${x + 24}" y="${bottom}">${balance}</text>`;
  });
  const width = environments.length * (WIDTH + GAP);
  const height = bottom + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title>Return of PPO under rewards times ${scales.join(', ')}</title><style>${STYLE}</style><rect class="page" width="${width}" height="${height}"/>
${[...panels, ...legend].join('\n')}
</svg>
`;
}
