/** The problem on jax-js, on the device that is the default. */
import { balancedValueAndGrad } from '@counterpoise/jax';
import { type Array as JaxArray, nn, numpy as np, tree } from '@jax-js/jax';
import type { Balancer, Need } from 'counterpoise';
import {
  BATCH,
  CLASSES,
  FEATURES,
  LAYERS_OF,
  type LayerName,
  type PlainBatch,
  type Problem,
  SCALE,
} from '../problem.js';
import type { Trajectory } from '../trajectory.js';
import { plainOptimizer } from './plain-optimizer.js';
import type { Run } from './run.js';

type Params = Record<string, JaxArray>;
interface Batch extends Record<string, JaxArray> {
  readonly x: JaxArray;
  readonly labels: JaxArray;
  readonly corners: JaxArray;
  readonly scores: JaxArray;
}

const array = (values: ArrayLike<number>, shape: readonly number[]) =>
  np.array(Float32Array.from(values)).reshape(shape as number[]);

export async function trainJax(problem: Problem, balancer: Balancer<Need>, run: Run): Promise<Trajectory> {
  const values = Object.values(problem.parameters).map((tensor) => Float32Array.from(tensor.values));
  const upload = (): Params =>
    Object.fromEntries(
      Object.entries(problem.parameters).map(([name, { shape }], at) => [name, array(values[at]!, shape)]),
    );
  const batches = problem.batches.map(batchOf);
  const update = plainOptimizer(problem.optimizer, problem.learningRate);
  const losses: number[][] = [];
  const weights: number[][] = [];
  let epoch = 0;
  const f = lossesOf(problem);
  const step = balancedValueAndGrad(
    balancer,
    run.boundary === 'representation'
      ? f
      : (p: Params, batch: Batch) => f.heads(tree.ref(p), f.trunk(p, tree.ref(batch)), batch),
    { evidence: () => ({ epoch }) },
  );
  for (let t = 0; t < run.steps; t++) {
    epoch = Math.floor(t / run.stepsPerEpoch);
    const found = await step(upload(), tree.ref(batches[t % batches.length]!));
    losses.push(problem.losses.map((name) => found.losses[name]!));
    weights.push(problem.losses.map((name) => found.weights[name]!));
    for (const [at, name] of Object.keys(problem.parameters).entries()) {
      update(at, values[at]!, await found.grads[name]!.data(), t + 1);
    }
  }
  step.dispose();
  for (const batch of batches) tree.dispose(batch);
  return { losses, weights, parameters: values.flatMap((one) => [...one]) };
}

function batchOf({ x, labels, corners, scores }: PlainBatch): Batch {
  return {
    x: array(x, [BATCH, FEATURES]),
    labels: nn.oneHot(np.array(Int32Array.from(labels)), CLASSES),
    corners: array(corners, [BATCH, 2]),
    scores: array(scores, [BATCH, 1]),
  };
}

/** Cut where the last arrays are that all losses depend on: after the first layer where there is an early loss. */
function lossesOf({ losses }: Problem) {
  const linear = (params: Params, layer: LayerName, x: JaxArray) =>
    np.matmul(x, params[`${layer}.weight`]!.ref.transpose()).add(params[`${layer}.bias`]!.ref);
  const square = (x: JaxArray) => x.ref.mul(x);
  const isSharedByAll = losses.every((loss) => LAYERS_OF[loss].includes('second'));
  const second = (params: Params, h: JaxArray) => np.tanh(linear(params, 'second', h));
  return {
    trunk(params: Params, batch: Batch): JaxArray {
      const h = np.tanh(linear(params, 'first', batch.x.ref));
      const z = isSharedByAll ? second(params, h) : h;
      tree.dispose([params, batch]);
      return z;
    },
    heads(params: Params, trunk: JaxArray, batch: Batch): Record<string, JaxArray> {
      const z = isSharedByAll ? trunk.ref : second(params, trunk.ref);
      const logProbabilities = nn.logSoftmax(linear(params, 'classifier', z.ref), 1);
      const corners = linear(params, 'locator', z).mul(SCALE);
      const all = {
        class: logProbabilities
          .mul(batch.labels.ref)
          .sum()
          .mul(-1 / BATCH),
        box: square(corners.sub(batch.corners.ref)).mean(),
        ...(losses.includes('early') && {
          early: square(linear(params, 'judge', trunk.ref).sub(batch.scores.ref)).mean(),
        }),
      };
      tree.dispose([params, trunk, batch]);
      return all;
    },
  };
}
