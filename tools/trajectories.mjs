/**
 * tsc -b && node tools/trajectories.mjs: draws docs/images/trajectories-*.svg, the paths of the methods down the toys.
 *
 * One picture per toy, one panel per method; `docs/trajectories.md` says what is to be seen. The first toy, with the methods and
 * options of `testing/valley-outcomes.ts`, takes most of the half minute. The others take their methods and learning rates
 * from the golden end points.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createMethod } from '../packages/counterpoise/dist/index.js';
import { descend } from '../packages/counterpoise/dist/testing/descend.js';
import { quadratics } from '../packages/counterpoise/dist/testing/quadratics.js';
import { distanceToFront } from '../packages/counterpoise/dist/testing/toy.js';
import { VALLEY_DESCENT, valleyOutcomes, valleyToy } from '../packages/counterpoise/dist/testing/valley-outcomes.js';
import { contours, simplify } from './plot.mjs';

const PANEL = 200;
const GAP = 14;
const CAPTION = 34;

// Readable on light and on dark; one colour per start.
const STYLE = `
svg { --page: #fff; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --front: #8c959f;
  --a: #0969da; --b: #bc4c00; --c: #1a7f37; --d: #8250df; --e: #bf3989; font: 12px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg { --page: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --line: #30363d;
  --front: #656c76; --a: #4493f8; --b: #f0883e; --c: #3fb950; --d: #ab7df8; --e: #f778ba; } }
.page { fill: var(--page); } .frame { fill: none; stroke: var(--line); } text { fill: var(--ink); }
.soft { fill: var(--soft); font-size: 11px; } .contour, .dashed { fill: none; stroke: var(--line); stroke-width: .8; }
.dashed { stroke-dasharray: 3 2; } .front { fill: none; stroke: var(--front); stroke-width: 5; stroke-linecap: round; }
.path { fill: none; stroke-width: 1.6; stroke-linejoin: round; } .off { fill: none; stroke-width: 2; }
.a { stroke: var(--a); } .b { stroke: var(--b); } .c { stroke: var(--c); } .d { stroke: var(--d); } .e { stroke: var(--e); }
.start { stroke: var(--page); } .a.start { fill: var(--a); } .b.start { fill: var(--b); } .c.start { fill: var(--c); }
.d.start { fill: var(--d); } .e.start { fill: var(--e); } .end { fill: var(--page); stroke-width: 1.6; }
`;

/**
 * Draws one toy: `panels` are { title, paths }, `lines` are { className, value, levels } for the contours, and a path whose end
 * is farther than `near` from the front gets a cross.
 */
function picture({ toy, low, high, lines, panels, about, near, columns }) {
  const reached = (x) => distanceToFront(toy, x) <= near;
  const scale = PANEL / (high[0] - low[0]);
  const height = scale * (high[1] - low[1]);
  const place = ([x, y]) => [scale * (x - low[0]), height - scale * (y - low[1])];
  const number = (value) => String(Math.round(value * 10) / 10);
  const draw = (points) => {
    const [first, ...rest] = points.map((point) => point.map((value) => number(value)).join(' '));
    return `M${first}${rest.length ? `L${rest.join(' ')}` : ''}`;
  };
  const background = lines.map(({ className, value, levels }) => {
    const paths = contours(value, low, high, levels).map((line) => draw(simplify(line.map(place), 0.3)));
    return `<path class="${className}" d="${paths.join('')}"/>`;
  });
  const front = Array.from({ length: 65 }, (_, i) => place(toy.front(i / 64)));
  const panel = `<rect width="${PANEL}" height="${number(height)}"/>`;
  const shared = `<clipPath id="panel">${panel}</clipPath><g id="back">${background.join('')}<path class="front" d="${draw(simplify(front, 0.2))}"/></g>`;
  const cells = panels.map(({ title, paths }, index) => {
    const x = GAP + (index % columns) * (PANEL + GAP);
    const y = GAP + Math.floor(index / columns) * (height + GAP + CAPTION) + CAPTION;
    const drawn = paths.map((path, k) => {
      const colour = 'abcde'[k];
      const [start, end] = [place(path[0]), place(path.at(-1))].map((point) => point.map(number));
      const [u, v] = end.map(Number);
      const mark = reached(path.at(-1))
        ? `<circle class="${colour} end" cx="${u}" cy="${v}" r="3.5"/>`
        : `<path class="${colour} off" d="M${number(u - 4)} ${number(v - 4)}l8 8m0-8l-8 8"/>`;
      const line = simplify(path.map(place), 0.15);
      return `<path class="${colour} path" d="${draw(line)}"/><circle class="${colour} start" cx="${start[0]}" cy="${start[1]}" r="4"/>${mark}`;
    });
    const count = paths.filter((path) => reached(path.at(-1))).length;
    return `<g transform="translate(${x} ${number(y)})"><text y="-19">${title}</text><text class="soft" y="-5">${count} of ${paths.length} reach the front</text>
<g clip-path="url(#panel)"><use href="#back"/>${drawn.join('\n')}</g><rect class="frame" width="${PANEL}" height="${number(height)}"/></g>`;
  });
  const width = GAP + columns * (PANEL + GAP);
  const total = number(GAP + Math.ceil(panels.length / columns) * (height + GAP + CAPTION));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" width="${width}" height="${total}" role="img" aria-labelledby="about">
<title id="about">${about}</title><style>${STYLE}</style><rect class="page" width="${width}" height="${total}"/><defs>${shared}</defs>
${cells.join('\n')}
</svg>
`;
}

/** Every point of the way down, start and end included. */
function pathOf(toy, { method, options }, start, descent) {
  const path = [];
  descend(toy, createMethod(method, options), { ...descent, start, visit: (x) => path.push(x) });
  return path;
}

function titleOf({ method, options = {} }) {
  const shown = Object.entries(options).map(([key, value]) => (typeof value === 'object' ? key : `${key} ${value}`));
  return [method, ...shown].join(', ');
}

function valleyPicture() {
  return {
    toy: valleyToy,
    low: [-11, -11],
    high: [11, 11],
    near: 0.1,
    columns: 4,
    about: 'Paths of balancing methods down the two-dimensional toy of CAGrad, Nash-MTL and FAMO',
    lines: [
      {
        className: 'contour',
        value: (x) => valleyToy.losses(x)[0] + valleyToy.losses(x)[1],
        levels: [-20, -18, -16, -14, -12, -10, -8, -6, -4, -2, 0, 2, 3, 4, 5, 6, 7, 8],
      },
    ],
    panels: valleyOutcomes.map((outcome) => ({
      title: titleOf(outcome),
      paths: valleyToy.starts.map((start) =>
        pathOf(valleyToy, outcome, start, { ...VALLEY_DESCENT, maxNorm: outcome.maxNorm }),
      ),
    })),
  };
}

const FRAMES = {
  EWQ: { low: [-5, -5], high: [5, 5], near: 0.2, levels: [0.25, 1, 4, 9, 16] },
  CQF: { low: [-3, -1], high: [4, 8], near: 0.2, levels: [0.05, 0.25, 1, 2, 4] },
  HQF: { low: [-11.5, -4], high: [4.5, 7], near: 0.4, levels: [2, 10, 40, 100, 200] },
};

function quadraticPicture(toy, golden) {
  const rows = golden.filter(({ problem }) => problem === toy.name);
  const byMethod = [...new Map(rows.map((row) => [row.method, row])).values()];
  const { levels, ...frame } = FRAMES[toy.name];
  return {
    toy,
    ...frame,
    columns: 5,
    about: `Paths of balancing methods down the problem ${toy.name} of TorchJD`,
    lines: ['contour', 'dashed'].map((className, k) => ({ className, value: (x) => toy.losses(x)[k], levels })),
    panels: byMethod.map((row) => ({
      title: titleOf(row),
      paths: toy.starts.map((start) =>
        pathOf(toy, row, start, { optimizer: 'sgd', learningRate: row.learningRate, steps: toy.steps }),
      ),
    })),
  };
}

const root = new URL('..', import.meta.url);
const goldens = new URL('packages/counterpoise/goldens/trajectories.json', root);
const { trajectories } = JSON.parse(readFileSync(goldens, 'utf8'));
const images = new URL('docs/images/', root);
mkdirSync(images, { recursive: true });
for (const settings of [valleyPicture(), ...quadratics.map((toy) => quadraticPicture(toy, trajectories))]) {
  const svg = picture(settings);
  const file = `trajectories-${settings.toy.name.toLowerCase()}.svg`;
  writeFileSync(new URL(file, images), svg);
  process.stdout.write(`docs/images/${file}: ${settings.panels.length} panels, ${Math.round(svg.length / 1024)} kB\n`);
}
