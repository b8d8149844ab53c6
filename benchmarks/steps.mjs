/**
 * npm run bench: the training step against PyTorch's, in one run, taking turns.
 *
 *     npm run bench [-- --rounds 12 --steps 2 --threads 2 --only resnet50@224 --json]
 *
 * Both sides train the two-head ResNet on one batch of 8 (cross-entropy + MSE in pixels, SGD with momentum). Each round runs
 * a few steps of one, then of the other; the figures are medians over all rounds but the first (warm-up), and the ratio is
 * the median of the rounds' ratios. Needs Debian's python3-torch and python3-torchvision for PyTorch's side.
 */
import { parseArgs } from 'node:util';
import { startPeer } from './peer.mjs';
import { median, spread, takeTurns } from './turns.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '12' },
    steps: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string' },
    python: { type: 'string', default: '/usr/bin/python3' },
    json: { type: 'boolean', default: false },
  },
});
const cases = ['resnet50@64', 'resnet50@224', 'resnet18@64', 'resnet18@224'].filter(
  (name) => !values.only || name === values.only,
);
const here = new URL('.', import.meta.url).pathname;

const print = (text) => values.json || process.stdout.write(`${text}\n`);

const results = [];
const row = (cells) =>
  print(cells.map((cell, i) => (i ? String(cell).padStart(14) : String(cell).padEnd(16))).join(''));
print(
  `batch 8, ${values.threads} threads, ${values.rounds} rounds of ${values.steps} steps, milliseconds per step (median)`,
);
row(['network', 'ours', 'PyTorch', 'ratio', 'min-max', 'memory ratio', 'compile s', 'balancing']);
for (const name of cases) {
  const [network, size] = name.split('@');
  const common = ['--size', size, '--batch', '8', '--threads', values.threads];
  const our = (balance) =>
    startPeer(process.execPath, [`${here}our_step.mjs`, network, ...common, '--balance', balance]);
  const torch = await startPeer(values.python, [`${here}torch_step.py`, network, ...common]);
  const fixed = await our('static');
  const [oursMs, torchMs] = await takeTurns([fixed, torch], Number(values.rounds), Number(values.steps));
  const memory = (await fixed.ask('rss')).rss / (await torch.ask('rss')).rss;
  await torch.quit();
  // The cost of balancing: the same step with running-max, against fixed weights.
  const balanced = await our('running-max');
  const [fixedMs, balancedMs] = await takeTurns([fixed, balanced], Number(values.rounds), Number(values.steps));
  await Promise.all([fixed.quit(), balanced.quit()]);
  const ratios = oursMs.map((ms, i) => ms / torchMs[i]);
  const result = {
    network: name,
    oursMs: median(oursMs),
    torchMs: median(torchMs),
    ratio: median(ratios),
    memoryRatio: memory,
    compileSeconds: fixed.ready.compileMs / 1000,
    balancingRatio: median(balancedMs.map((ms, i) => ms / fixedMs[i])),
  };
  results.push(result);
  row([
    name,
    result.oursMs.toFixed(1),
    result.torchMs.toFixed(1),
    result.ratio.toFixed(3),
    spread(ratios),
    memory.toFixed(2),
    result.compileSeconds.toFixed(2),
    result.balancingRatio.toFixed(3),
  ]);
}
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
