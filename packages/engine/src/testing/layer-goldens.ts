import { readFileSync } from 'node:fs';
import { vjp } from '../graph/gradients.js';
import { Input, type Tensor } from '../graph/tensor.js';
import type { Pair } from '../ops/arguments.js';
import { type BatchNormOptions, batchNormInference, batchNormTraining } from '../ops/batch-norm.js';
import { constant } from '../ops/constants.js';
import { type Conv2dOptions, conv2d } from '../ops/conv.js';
import { add, mul } from '../ops/elementwise.js';
import {
  type CrossEntropyOptions,
  crossEntropy,
  l1Loss,
  mseLoss,
  type SmoothL1Options,
  smoothL1Loss,
} from '../ops/losses.js';
import { linear } from '../ops/matmul.js';
import { type AvgPool2dOptions, avgPool2d, globalAveragePool, maxPool2d } from '../ops/pool.js';
import { relu, sigmoid, softplus, tanh } from '../ops/unary.js';
import type { Feeds } from './interpreter.js';

/** Results and gradients of PyTorch in float64, one operator and setting per case; `tools/goldens/make_layers.py`. */
export interface LayerGolden {
  readonly name: string;
  readonly operator: string;
  readonly options: GoldenOptions;
  readonly inputs: Readonly<Record<string, GoldenTensor>>;
  readonly results: readonly GoldenTensor[];
  /** The gradient of the objective for the first result; absent where nothing is differentiable. */
  readonly cotangent?: GoldenTensor;
  /** By the name of the input. */
  readonly gradients?: Readonly<Record<string, GoldenTensor>>;
}

export interface GoldenTensor {
  readonly shape: readonly number[];
  /** Row-major, nine significant digits. */
  readonly values: readonly number[];
}

type GoldenOptions = Omit<Conv2dOptions, 'bias'> &
  BatchNormOptions &
  AvgPool2dOptions &
  Omit<CrossEntropyOptions, 'weight'> &
  SmoothL1Options & { kernel?: Pair; momentum?: number };

export interface GoldenGraph {
  readonly feeds: Feeds;
  /** What to run: the results, then the gradients, each with what PyTorch says and a name for messages. */
  readonly targets: readonly { readonly name: string; readonly tensor: Tensor; readonly expected: GoldenTensor }[];
}

export function readLayerGoldens(): readonly LayerGolden[] {
  const file = new URL('../../goldens/layers.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: LayerGolden[] }).cases;
}

/** The golden case as a graph of the engine, ready for the interpreter or the real runtime. */
export function goldenGraph(golden: LayerGolden): GoldenGraph {
  const inputs: Record<string, Input> = {};
  const feeds = new Map<Tensor, readonly number[]>();
  for (const [name, { shape, values }] of Object.entries(golden.inputs)) {
    const input = new Input(name, shape, name === 'labels' ? 'int32' : 'float32');
    inputs[name] = input;
    feeds.set(input, values);
  }
  const build = builders[golden.operator];
  if (!build) throw new Error(`internal: no builder for the golden operator ${golden.operator}`);
  const results = build(inputs, golden.options);
  const targets = results.map((tensor, i) => ({ name: `result ${i}`, tensor, expected: golden.results[i]! }));
  if (golden.cotangent) {
    const cotangent = new Input('cotangent', golden.cotangent.shape);
    feeds.set(cotangent, golden.cotangent.values);
    for (const [name, expected] of Object.entries(golden.gradients ?? {})) {
      const [tensor] = vjp([results[0]!], [cotangent], [inputs[name]!]);
      targets.push({ name: `gradient for ${name}`, tensor: tensor!, expected: withoutQuirk(golden, expected) });
    }
  }
  return { feeds, targets };
}

/**
 * At beta = 0 and an error of 0, PyTorch 1.13 gives smooth L1 a slope of -1. Ours is that of L1, 0, as PyTorch's
 * documentation has it (beta = 0 is L1) and as it is on the limit beta -> 0.
 */
function withoutQuirk({ operator, options, inputs }: LayerGolden, gradient: GoldenTensor): GoldenTensor {
  if (operator !== 'smoothL1Loss' || options.beta !== 0) return gradient;
  const isExact = (i: number) => inputs.prediction!.values[i] === inputs.target!.values[i];
  return { ...gradient, values: gradient.values.map((value, i) => (isExact(i) ? 0 : value)) };
}

type Builder = (inputs: Record<string, Tensor>, options: GoldenOptions) => readonly Tensor[];

const ofX =
  (build: (x: Tensor, options: GoldenOptions) => Tensor): Builder =>
  ({ x }, options) => [build(x!, options)];

const ofPrediction =
  (build: typeof smoothL1Loss): Builder =>
  ({ prediction, target }, options) => [build(prediction!, target!, options)];

const builders: Readonly<Record<string, Builder>> = {
  conv2d: ({ x, weight, bias }, options) => [conv2d(x!, weight!, { ...options, bias })],
  batchNormTraining: ({ x, weight, bias }, options) => {
    const { output, mean, variance } = batchNormTraining(x!, weight!, bias!, options);
    return [output, mean, variance];
  },
  batchNormInference: ({ x, weight, bias, mean, variance }, options) => [
    batchNormInference(x!, weight!, bias!, mean!, variance!, options),
  ],
  runningStatistics: ({ x, mean, variance }, { momentum }) => {
    const channels = mean!.size;
    const neutral = [constant(new Float32Array(channels).fill(1)), constant(new Float32Array(channels))] as const;
    const batch = batchNormTraining(x!, ...neutral);
    const count = x!.size / channels;
    const mixed = (running: Tensor, now: Tensor) => add(mul(running, 1 - momentum!), mul(now, momentum!));
    return [mixed(mean!, batch.mean), mixed(variance!, mul(batch.variance, count / (count - 1)))];
  },
  relu: ofX(relu),
  sigmoid: ofX(sigmoid),
  tanh: ofX(tanh),
  softplus: ofX(softplus),
  maxPool2d: ofX((x, options) => maxPool2d(x, options.kernel!, options)),
  avgPool2d: ofX((x, options) => avgPool2d(x, options.kernel!, options)),
  globalAveragePool: ofX(globalAveragePool),
  linear: ({ x, weight, bias }) => [linear(x!, weight!, bias)],
  crossEntropy: ({ logits, labels, weight }, options) => [crossEntropy(logits!, labels!, { ...options, weight })],
  mseLoss: ofPrediction(mseLoss),
  l1Loss: ofPrediction(l1Loss),
  smoothL1Loss: ofPrediction(smoothL1Loss),
};
