/** Draws a problem from a seed: data with noise, so that no loss comes near zero, and initial weights as PyTorch's `nn.Linear`. */
import { Random } from '@counterpoise/nn';
import {
  BATCH,
  CLASSES,
  FEATURES,
  LAYERS,
  LAYERS_OF,
  type LayerName,
  type LossName,
  type PlainBatch,
  type PlainTensor,
  type Problem,
} from './problem.js';

const BATCHES = 5;

export function drawProblem(seed: number, fixed: Pick<Problem, 'losses' | 'optimizer' | 'learningRate'>): Problem {
  const layers = [...new Set(fixed.losses.flatMap((loss: LossName) => LAYERS_OF[loss]))];
  const data = new Random(seed, 'data');
  return {
    ...fixed,
    parameters: Object.assign({}, ...layers.map((layer) => drawLayer(new Random(seed, layer), layer))),
    batches: Array.from({ length: BATCHES }, () => drawBatch(data)),
  };
}

/** Uniform in +-1 / sqrt(in), rounded to what float32 holds. */
function drawLayer(random: Random, layer: LayerName): Record<string, PlainTensor> {
  const [inputs, outputs] = LAYERS[layer];
  const draw = (...shape: number[]): PlainTensor => ({
    shape,
    values: Array.from({ length: shape.reduce((a, b) => a * b) }, () =>
      Math.fround((2 * random.uniform() - 1) / Math.sqrt(inputs)),
    ),
  });
  return { [`${layer}.weight`]: draw(outputs, inputs), [`${layer}.bias`]: draw(outputs) };
}

function drawBatch(random: Random): PlainBatch {
  const rows = Array.from({ length: BATCH }, () => Array.from({ length: FEATURES }, () => random.normal()));
  const noisy = (value: number, deviation: number) => Math.fround(value + deviation * random.normal());
  return {
    x: rows.flat().map(Math.fround),
    labels: rows.map(([a = 0, b = 0]) =>
      random.uniform() < 0.2 ? random.integer(CLASSES) : a > b ? 0 : a > 0 ? 1 : 2,
    ),
    corners: rows.flatMap(([a = 0, b = 0, c = 0]) => [noisy(12 * a - 5 * b, 3), noisy(8 * c + 10, 3)]),
    scores: rows.map(([, , c = 0, d = 0]) => noisy(Math.sin(c) + d, 0.3)),
  };
}
