/**
 * tsc -b && node benchmarks/gradients.mjs: what it costs to look at the gradient of every loss, beside PyTorch doing the same.
 *
 *     node benchmarks/gradients.mjs [--network resnet50] [--size 64] [--losses 2,3,8] [--way parameters|...|whole] [--rounds 6]
 *                                   [--steps 2] [--threads 2] [--json]
 *
 * One training step of a ResNet with a head per loss, batch 8, SGD with momentum; `torch_gradients.py` says what each way
 * does, `--way whole` measures the methods of whole gradients, on our side alone. For each way four processes take turns: the
 * plain sum and the way, ours and PyTorch's. A cost is the median over the rounds, but the first, of the time of the way over
 * that of the plain sum on the same side in the same round; memory is the same ratio of the peaks of the two processes.
 * Needs Debian's python3-torch and python3-torchvision.
 */
import { parseArgs } from 'node:util';
import { startPeer } from './peer.mjs';
import { median, spread, takeTurns } from './turns.mjs';

const { values } = parseArgs({
  options: {
    network: { type: 'string' },
    size: { type: 'string' },
    losses: { type: 'string', default: '2,3,8' },
    way: { type: 'string' },
    rounds: { type: 'string', default: '6' },
    steps: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
    python: { type: 'string', default: '/usr/bin/python3' },
    json: { type: 'boolean', default: false },
  },
});
const [rounds, steps] = [values.rounds, values.steps].map(Number);
const only = (list, wanted) => list.filter((name) => !wanted || name === wanted);
const print = (text) => values.json || process.stdout.write(`${text}\n`);
const script = (name) => `${import.meta.dirname}/${name}`;

/** What each way of `torch_gradients.py` is on our side; MGDA stands for all methods on a Gramian. */
const PEERED = {
  values: ['--balance', 'running-max'],
  representation: ['--balance', 'mgda', '--boundary', 'representation'],
  'last-layer': ['--balance', 'mgda', '--boundary', 'last-layer'],
  output: ['--balance', 'mgda', '--boundary', 'output'],
  parameters: ['--balance', 'mgda', '--boundary', 'parameters'],
  entries: ['--balance', 'grad-drop'],
};
/** Methods of whole gradients: measured without a peer, and only when they are asked for. */
const WHOLE = ['trimmed-mean', 'gradvac per=layer', 'db-mtl momentum=0.9', 'moco', 'excess-mtl', 'm-config'];
const OURS = { ...PEERED, ...Object.fromEntries(WHOLE.map((name) => [name, ['--balance', name]])) };
const ways = { '': Object.keys(PEERED), whole: WHOLE }[values.way ?? ''] ?? only(Object.keys(OURS), values.way);
if (ways.length === 0) {
  process.stderr.write(`--way must be one of ${[...Object.keys(OURS), 'whole'].join(', ')}, got "${values.way}"\n`);
  process.exit(2);
}

const ratios = (over, under) => over.map((ms, round) => ms / under[round]);

/** A way in turns with the plain sum, on our side and on PyTorch's where that has it: its cost in time and memory. */
async function measure(way, bases, start) {
  const peers = {
    ours: await start.ours(OURS[way]),
    ...(way in PEERED && { torch: await start.torch(['--way', way]) }),
  };
  const sides = Object.keys(peers);
  const all = sides.flatMap((side) => [peers[side], bases[side]]);
  const times = await takeTurns(all, rounds, steps);
  const peaks = await Promise.all(all.map(async (peer) => (await peer.ask('rss')).rss));
  await Promise.all(sides.map((side) => peers[side].quit()));
  const costs = sides.map((side, at) => {
    const [own, base] = [times[2 * at], times[2 * at + 1]];
    const ratio = ratios(own, base);
    const memory = peaks[2 * at] / peaks[2 * at + 1];
    const { compileMs } = peers[side].ready;
    return [side, { ms: median(own), plainMs: median(base), cost: median(ratio), costs: ratio, memory, compileMs }];
  });
  return Object.fromEntries(costs);
}

const results = [];
const row = (cells) =>
  print(cells.map((cell, i) => (i > 2 ? String(cell).padStart(12) : String(cell).padEnd(i ? 16 : 14))).join(''));
print(
  `batch 8, ${values.threads} threads, ${rounds} rounds of ${steps} steps; costs are over the plain sum of the same side`,
);
row(['network', 'losses', 'way', 'ours ms', 'cost', 'min-max', 'memory', 'PyTorch ms', 'cost', 'min-max', 'memory']);
for (const network of only(['resnet50', 'resnet18'], values.network)) {
  for (const size of only(['64', '224'], values.size)) {
    for (const losses of values.losses.split(',')) {
      const common = [network, '--losses', losses, '--size', size, '--batch', '8', '--threads', values.threads];
      const start = {
        ours: (args) => startPeer(process.execPath, [script('our_gradients.mjs'), ...common, ...args]),
        torch: (args) => startPeer(values.python, [script('torch_gradients.py'), ...common, ...args]),
      };
      const bases = { ours: await start.ours(['--balance', 'sum']), torch: await start.torch(['--way', 'sum']) };
      // Nothing is left of two when the smallest and the largest are cut.
      for (const way of ways.filter((way) => way !== 'trimmed-mean' || losses > 2)) {
        const measured = await measure(way, bases, start);
        results.push({ network, size: Number(size), losses: Number(losses), way, ...measured });
        const cells = ({ ms, cost, costs, memory }) => [
          ms.toFixed(1),
          cost.toFixed(3),
          spread(costs),
          memory.toFixed(2),
        ];
        row([`${network}@${size}`, losses, way, ...Object.values(measured).flatMap(cells)]);
      }
      await Promise.all(Object.values(bases).map((peer) => peer.quit()));
    }
  }
}
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
