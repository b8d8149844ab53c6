/**
 * The data of the GradNorm toy (Chen et al., ICML 2018, section 4, arXiv:1711.02257): T regressions that share most of
 * their function and differ in scale,
 *
 *     f_i(x) = sigma_i tanh((B + eps_i) x),   x in R^250, y in R^100,   entries of B ~ N(0, 10), of eps_i ~ N(0, 3.5)
 *
 * with 10 and 3.5 as standard deviations. The paper does not say how x is distributed. Here it is uniform in (-1, 1)^250 and
 * scaled to |x| = 1, which keeps most entries of tanh away from +-1.
 */
import { compile, Input, linear, tanh } from '@counterpoise/engine';
import { Random } from '@counterpoise/nn';

export const INPUTS = 250;
export const OUTPUTS = 100;
export const TRAIN_ROWS = 10_000;
export const TEST_ROWS = 2_000;
export const BATCH_SIZE = 200;
export const STEPS_PER_EPOCH = TRAIN_ROWS / BATCH_SIZE;

/** By the number of tasks: (1, 100), and ten from 1 to 100 with equal ratios. */
export const SIGMAS = {
  2: [1, 100],
  10: Array.from({ length: 10 }, (_, i) => 10 ** ((2 * i) / 9)),
};

/** The matrices B + eps_i: one Float32Array [OUTPUTS, INPUTS] per task. */
export function toyMatrices(seed, tasks) {
  const random = new Random(seed);
  const shared = normals(random.fork('B'), 10);
  return Array.from({ length: tasks }, (_, i) =>
    normals(random.fork('epsilon', i), 3.5).map((e, at) => e + shared[at]),
  );
}

const normals = (random, deviation) =>
  Float32Array.from({ length: OUTPUTS * INPUTS }, () => deviation * random.normal());

/** Points on the unit sphere: Float32Array [rows, INPUTS]. */
export function toyInputs(random, rows) {
  const x = new Float32Array(rows * INPUTS);
  for (let row = 0; row < rows; row++) {
    const point = x.subarray(row * INPUTS, (row + 1) * INPUTS);
    for (let at = 0; at < INPUTS; at++) point[at] = 2 * random.uniform() - 1;
    const norm = Math.sqrt(point.reduce((sum, value) => sum + value * value, 0));
    for (let at = 0; at < INPUTS; at++) point[at] /= norm;
  }
  return x;
}

/**
 * @param scales factor on the targets of each task: the sigmas, or 1 for standardised targets.
 * @returns training and test set, each `{ x, targets }`: [rows, INPUTS], and per task [rows, OUTPUTS].
 */
export async function toyData(seed, scales) {
  const random = new Random(seed).fork('x');
  const matrices = toyMatrices(seed, scales.length);
  const x = { train: toyInputs(random.fork('train'), TRAIN_ROWS), test: toyInputs(random.fork('test'), TEST_ROWS) };
  return {
    train: { x: x.train, targets: await targetsOf(x.train, TRAIN_ROWS, matrices, scales) },
    test: { x: x.test, targets: await targetsOf(x.test, TEST_ROWS, matrices, scales) },
  };
}

async function targetsOf(x, rows, matrices, scales) {
  const y = tanh(linear(new Input('x', [rows, INPUTS]), new Input('matrix', [OUTPUTS, INPUTS])));
  const program = await compile([{ name: 'targets', outputs: { y } }], { threads: 1 });
  try {
    const targets = [];
    for (const [i, matrix] of matrices.entries()) {
      const result = await program.run('targets', { x, matrix });
      targets.push(result.y.map((value) => scales[i] * value));
    }
    return targets;
  } finally {
    program.release();
  }
}

/** Batches without end, every epoch in another order: feeds of the graph of `training.mjs`. */
export function* toyBatches({ x, targets }, random) {
  for (let epoch = 0; ; epoch++) {
    const order = random.fork(epoch).permutation(TRAIN_ROWS);
    for (let at = 0; at < TRAIN_ROWS; at += BATCH_SIZE) {
      yield feedsOf({ x, targets }, (values, width) => rowsOf(values, width, order.subarray(at, at + BATCH_SIZE)));
    }
  }
}

/** The values of the graph's inputs, by name. */
export function feedsOf({ x, targets }, pick = (values) => values) {
  const ofTasks = targets.map((values, i) => [targetInput(i), pick(values, OUTPUTS)]);
  return { x: pick(x, INPUTS), ...Object.fromEntries(ofTasks) };
}

export const targetInput = (task) => `target ${task + 1}`;

function rowsOf(values, width, rows) {
  const picked = new Float32Array(rows.length * width);
  for (const [to, from] of rows.entries()) picked.set(values.subarray(from * width, (from + 1) * width), to * width);
  return picked;
}
