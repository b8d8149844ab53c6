/**
 * tsc -b && node benchmarks/jax.mjs: what balancedValueAndGrad costs over jit(valueAndGrad) of the plain sum, on jax-js.
 *
 *     node benchmarks/jax.mjs [--device wasm] [--batch 512] [--width 512] [--activation relu] [--rounds 30] [--json]
 *     node benchmarks/jax.mjs --leaks [--steps 10000]
 *
 * A network of two hidden layers with a class and a box head. All loops run in turns in one process, each round begins with the
 * next, and a step ends when its gradients are there. Its time is that of the process, all threads together, so
 * that a busy machine counts less; the figure is the median over rounds of the ratio to the plain loop of the same round.
 * The aim: at most 1.03 for methods of loss values, 1.15 at the representation, K = 2 at the parameters.
 *
 * --leaks runs steps of a small network and prints buffers and the size of the heap as they go; exit code 1 if the number of
 * buffers changes.
 */
import { parseArgs } from 'node:util';
import { blockUntilReady, defaultDevice, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { createBalancer } from '../packages/counterpoise/dist/index.js';
import { balancedValueAndGrad } from '../packages/jax/dist/index.js';
import { countBuffers } from '../packages/jax/dist/testing/live-buffers.js';
import { median } from './turns.mjs';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'wasm' },
    batch: { type: 'string', default: '512' },
    width: { type: 'string', default: '512' },
    activation: { type: 'string', default: 'relu' },
    rounds: { type: 'string', default: '30' },
    leaks: { type: 'boolean', default: false },
    steps: { type: 'string', default: '10000' },
    json: { type: 'boolean', default: false },
  },
});
defaultDevice(values.device);

const CLASSES = 10;
const activation = { relu: nn.relu, tanh: np.tanh }[values.activation];

function problem(batch, inputs, width) {
  let state = 1;
  const draw = (scale, ...shape) => {
    const uniform = () => {
      state = (state * 48271) % 2147483647;
      return scale * (state / 2147483647 - 0.5);
    };
    return np.array(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, uniform)).reshape(shape);
  };
  const layer = (from, to) => ({ w: draw(2 / Math.sqrt(from), from, to), b: draw(0.1, to) });
  return {
    params: {
      hidden: [layer(inputs, width), layer(width, width)],
      class: layer(width, CLASSES),
      box: layer(width, 4),
    },
    batch: [draw(2, batch, inputs), draw(2, batch, CLASSES), draw(2, batch, 4)],
  };
}

const dense = ({ w, b }, x) => np.dot(x, w).add(b);
const trunk = ({ hidden, ...unused }, x, ...targets) => {
  tree.dispose([unused, targets]);
  return hidden.reduce((h, layer) => activation(dense(layer, h)), x);
};
const heads = ({ class: classifier, box, hidden }, h, x, classes, boxes) => {
  tree.dispose([hidden, x]);
  return {
    class: np.square(dense(classifier, h.ref).sub(classes)).mean(),
    box: np.square(dense(box, h).sub(boxes).mul(100)).mean(),
  };
};
const losses = (params, ...batch) => heads(tree.ref(params), trunk(params, ...tree.ref(batch)), ...batch);

function loops({ params, batch }) {
  const plain = jit(
    valueAndGrad((params, ...batch) => {
      const { class: classLoss, box } = losses(params, ...batch);
      return classLoss.add(box);
    }),
  );
  const balanced = (method, f, options) => {
    const step = balancedValueAndGrad(createBalancer(method), f, options);
    return async () => (await step(tree.ref(params), ...tree.ref(batch))).grads;
  };
  return {
    'plain sum': {
      run: async () => {
        const [total, grads] = plain(tree.ref(params), ...tree.ref(batch));
        await total.data();
        return grads;
      },
    },
    'loss values (running-max)': { run: balanced('running-max', losses), aim: 1.03 },
    'representation (upgrad)': { run: balanced('upgrad', { trunk, heads }), aim: 1.15 },
    'norms at parameters (grad-norm)': { run: balanced('grad-norm', losses), aim: 2 },
    'Gramian at parameters (upgrad)': { run: balanced('upgrad', losses), aim: 2 },
  };
}

async function take(run) {
  const before = process.cpuUsage();
  const grads = await run();
  await blockUntilReady(grads);
  tree.dispose(grads);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function compare() {
  const each = Object.entries(loops(problem(Number(values.batch), 32, Number(values.width))));
  const times = each.map(() => []);
  for (let round = 0; round < Number(values.rounds) + 2; round++) {
    for (let turn = 0; turn < each.length; turn++) {
      const i = (turn + round) % each.length;
      const steps = [];
      for (let step = 0; step < 6; step++) steps.push(await take(each[i][1].run));
      // The least of a turn: what the machine does besides only adds.
      times[i].push(Math.min(...steps));
    }
  }
  const results = each.map(([name, { aim }], i) => {
    const ratios = times[i].map((time, round) => time / times[0][round]).slice(2);
    return { name, ms: median(times[i].slice(2)), ratio: median(ratios), aim };
  });
  if (values.json) return console.log(JSON.stringify(results, null, 2));
  console.log(
    `${values.device}, batch ${values.batch}, width ${values.width}, ${values.activation}, Node ${process.version}`,
  );
  for (const { name, ms, ratio, aim } of results) {
    const verdict = aim === undefined ? '' : ratio <= aim ? `  (aim ${aim})` : `  MISSES ${aim}`;
    console.log(`${name.padEnd(34)}${ms.toFixed(2).padStart(8)} ms${ratio.toFixed(3).padStart(8)}${verdict}`);
  }
}

async function watchLeaks() {
  const live = await countBuffers(values.device);
  const each = Object.entries(loops(problem(8, 4, 8)));
  const steps = Number(values.steps);
  for (const [name, { run }] of each) {
    console.log(name);
    let first;
    for (let step = 0; step <= steps; step++) {
      tree.dispose(await run());
      if (step % (steps / 5) !== 0 && step !== 10) continue;
      first ??= live();
      if (live() !== first) process.exitCode = 1;
      globalThis.gc?.();
      const heap = (process.memoryUsage().heapUsed / 1e6).toFixed(1);
      console.log(`  step ${String(step).padStart(6)}: ${live()} buffers, heap ${heap} MB`);
    }
  }
}

await (values.leaks ? watchLeaks() : compare());
