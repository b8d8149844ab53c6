/**
 * tsc -b && node benchmarks/weigh.mjs: microseconds per `balancer.weigh`, for every method and K = 2, 8 and 64 losses.
 *
 *     node benchmarks/weigh.mjs [--torchjd DIR] [--libmtl DIR] [--tasks 2,8,64] [--only upgrad] [--seconds 0.3] [--json]
 *
 * A figure is the median over rounds, after a warm-up in which the engine compiles; a case takes about --seconds. The evidence
 * changes from step to step. With checkouts of TorchJD and LibMTL their classes do the same job beside ours, under Debian's
 * PyTorch in one thread (weigh_peer.py): losses or a Gramian in, weights out. PyTorch pays some microseconds for each
 * small operation, and that, not the mathematics, is most of what the ratio shows.
 * The aim at K = 8: below 20 microseconds from losses alone, below 100 from a Gramian; what misses it is marked.
 */
import { parseArgs } from 'node:util';
import { balancerOf, eachMethod, neededBy, sampleRun } from '../packages/counterpoise/dist/testing/sample-run.js';
import { startPeer } from './peer.mjs';

const AIM = { tasks: 8, losses: 20, gramian: 100 };
const STEPS = 32;
const ROUNDS = 15;

const { values } = parseArgs({
  options: {
    torchjd: { type: 'string' },
    libmtl: { type: 'string' },
    tasks: { type: 'string', default: '2,8,64' },
    only: { type: 'string' },
    seconds: { type: 'string', default: '0.3' },
    python: { type: 'string', default: '/usr/bin/python3' },
    json: { type: 'boolean', default: false },
  },
});
const sizes = values.tasks.split(',').map(Number);
const seconds = Number(values.seconds);
const rows = eachMethod().filter(({ name }) => !values.only || name === values.only);
const print = (text) => values.json || process.stdout.write(`${text}\n`);

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** Runs `weigh` for the time given, a fifth of it to warm up, and answers with the median microseconds per call. */
function measure(weigh, time) {
  let calls = 0;
  const start = performance.now();
  do weigh(calls++ % STEPS);
  while (performance.now() - start < time * 200);
  const perRound = Math.max(1, Math.round((calls * 4) / ROUNDS));
  const rounds = Array.from({ length: ROUNDS }, () => {
    const from = performance.now();
    for (let i = 0; i < perRound; i++) weigh(i % STEPS);
    return ((performance.now() - from) * 1e3) / perRound;
  });
  return median(rounds);
}

/** A function that answers with the peer's microseconds, or with null and a line why there are none. */
async function peerOf(library, folder) {
  if (!folder) return null;
  const peer = await startPeer(values.python, [`${import.meta.dirname}/weigh_peer.py`, library, folder]);
  const reasons = new Map();
  return {
    library,
    reasons,
    quit: () => peer.quit(),
    async ask(method, tasks) {
      if (reasons.has(method)) return null;
      const { us, skipped } = await peer.ask(`${method} ${tasks} ${seconds}`);
      if (skipped) reasons.set(method, skipped);
      return us ?? null;
    },
  };
}

const peers = (await Promise.all([peerOf('torchjd', values.torchjd), peerOf('libmtl', values.libmtl)])).filter(Boolean);
const runs = new Map(sizes.map((tasks) => [tasks, sampleRun(tasks, STEPS, 1)]));
const columns = sizes.flatMap((tasks) => [`K=${tasks}`, ...peers.map(({ library }) => library)]);
const line = (name, cells) => print(name.padEnd(22) + cells.map((cell) => cell.padStart(11)).join(''));
const figure = (us) => (us === null ? '-' : us.toPrecision(3));

print(`microseconds per weigh, median of ${ROUNDS} rounds, Node ${process.version}`);
line('method', columns);
const results = [];
const missed = [];
for (const row of rows) {
  const cells = [];
  for (const [tasks, run] of runs) {
    const balancer = balancerOf(row);
    // The run is played again and again, and epochs never fall.
    const shown = run.map((evidence) => neededBy(balancer.method, { ...evidence, epoch: 3 }));
    const us = measure((step) => balancer.weigh(shown[step]), seconds);
    const result = { method: row.name, tasks, us };
    cells.push(figure(us));
    for (const peer of peers) {
      result[peer.library] = await peer.ask(row.name, tasks);
      cells.push(figure(result[peer.library]));
    }
    results.push(result);
    const aim = row.needs.some((need) => /gramian/i.test(need)) ? AIM.gramian : AIM.losses;
    if (tasks === AIM.tasks && us > aim) missed.push(`${row.name} ${figure(us)} (aim ${aim})`);
  }
  line(row.name, cells);
}
await Promise.all(peers.map((peer) => peer.quit()));
for (const { library, reasons } of peers) {
  for (const reason of new Set(reasons.values())) {
    const names = [...reasons.keys()].filter((name) => reasons.get(name) === reason);
    print(`${library}: SKIPPED ${names.join(', ')}: ${reason}`);
  }
}
if (peers.length === 0) print('TorchJD and LibMTL: SKIPPED, no --torchjd or --libmtl checkout was given');
print(
  missed.length > 0 ? `slower than the aim at K = ${AIM.tasks}: ${missed.join(', ')}` : 'every method meets the aim',
);
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
