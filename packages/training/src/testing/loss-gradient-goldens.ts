/** Gradients of each loss against PyTorch's in float64, at every boundary; `tools/README.md` tells how the file was made. */
import { readFileSync } from 'node:fs';
import { compile, gradients, type Tensor, type Variable } from '@counterpoise/engine';
import { SGD } from '@counterpoise/nn';
import { createBalancer } from 'counterpoise';
import { relativeError } from '../../../nn/src/testing/sketch.js';
import { compileBalancedStep } from '../balanced-step.js';
import { BOUNDARIES, type Boundary, boundaryOf, siteOf } from '../gradients/boundary.js';
import type { GoldenNetwork } from './golden-networks.js';

interface GoldenTensor {
  /** L2 */
  readonly norm: number;
  readonly sketch: string;
  /** The largest relative error of PyTorch's own float32. */
  readonly float32Error: number;
}

export interface GoldenGradients {
  readonly batch: number;
  readonly biasChoices: Readonly<Record<string, string>>;
  /** Of the total. */
  readonly weights: Readonly<Record<string, number>>;
  readonly losses: Readonly<Record<string, number>>;
  readonly boundaries: Readonly<Record<Boundary, { tensors: readonly string[]; gramian: readonly number[][] }>>;
  /** [tensor][loss]; a loss that does not reach the tensor is absent. */
  readonly gradients: Readonly<Record<string, Readonly<Record<string, GoldenTensor>>>>;
  /** Of the weighted total, for every parameter. */
  readonly total: Readonly<Record<string, GoldenTensor>>;
}

export type GoldenCase = 'resnet18' | 'mlp' | 'depths' | 'convnet';

export function readGradients(name: GoldenCase): GoldenGradients {
  const file = new URL('../../goldens/loss-gradients.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: Record<GoldenCase, GoldenGradients> }).cases[name];
}

/**
 * The bar for losses, norms and the entries of a Gramian, these in units of the product of the two norms. PyTorch's float32
 * gradients, multiplied in float64, are up to 5e-7 off.
 */
const SCALAR_BAR = 2e-6;

/** Twice PyTorch's own error, and at least a few roundings: the best of a few small tensors is luck. */
const tensorBar = ({ float32Error }: GoldenTensor) => Math.max(2 * float32Error, 1e-6);

/** Lines about what is beyond its bar. NaN is beyond any. */
class Misses {
  readonly lines: string[] = [];

  scalar(name: string, error: number): void {
    if (!(error <= SCALAR_BAR)) this.lines.push(`${name}: error ${error.toExponential(2)}`);
  }

  tensor(name: string, ours: ArrayLike<number>, golden: GoldenTensor): void {
    const [error, bar] = [relativeError(ours, golden), tensorBar(golden)];
    if (!(error <= bar)) this.lines.push(`${name}: error ${error.toExponential(2)}, allowed ${bar.toExponential(2)}`);
  }
}

const THREADS = { threads: 1 };

/** The names in the file of the tensors at each boundary, as our graph finds them. */
export function boundariesOf(network: GoldenNetwork): Record<Boundary, string[]> {
  const { model, losses } = network;
  const site = siteOf(losses, model.parameters());
  const names = namesOf(network);
  const found = BOUNDARIES.map((boundary) => {
    return [boundary, boundaryOf(boundary, site).map((tensor) => names.get(tensor) ?? `unknown ${tensor.shape}`)];
  });
  return Object.fromEntries(found) as Record<Boundary, string[]>;
}

/** The gradient of every loss for every tensor of the boundary. */
export async function gradientMisses(
  network: GoldenNetwork,
  golden: GoldenGradients,
  boundary: Boundary,
): Promise<string[]> {
  const byName = new Map([...namesOf(network)].map(([tensor, name]) => [name, tensor]));
  const names = golden.boundaries[boundary].tensors;
  const tensors = names.map((name) => byName.get(name)!);
  const missed = new Misses();
  const outputs: Record<string, Tensor> = {};
  for (const [loss, value] of Object.entries(network.losses)) {
    for (const [at, gradient] of gradients(value, tensors, { cut: true }).entries()) {
      const key = `${loss} for ${names[at]}`;
      if (gradient) outputs[key] = gradient;
      const isReached = golden.gradients[names[at]!]![loss] !== undefined;
      if (isReached !== (gradient !== undefined)) missed.lines.push(`${key}: reached by one side alone`);
    }
  }
  const program = await compile([{ name: 'gradients', outputs }], THREADS);
  try {
    const results = await program.run('gradients', network.feeds);
    for (const name of names) {
      for (const [loss, truth] of Object.entries(golden.gradients[name]!)) {
        const key = `${loss} for ${name}`;
        if (results[key]) missed.tensor(key, results[key], truth);
      }
    }
  } finally {
    program.release();
  }
  return missed.lines;
}

/** A power of two, so large that the old parameters vanish beside the step: what moved is the gradient. */
const LEARNING_RATE = 2 ** 24;

/** One balanced step at the boundary: losses, norms, Gramian, and the gradient of the total in what it does to the parameters. */
export async function stepMisses(
  { model, losses, feeds }: GoldenNetwork,
  golden: GoldenGradients,
  boundary: Boundary,
): Promise<string[]> {
  const parameters = model.namedParameters();
  const before = parameters.map(([, { data }]) => data.slice());
  const balancer = createBalancer('static', { options: { weights: golden.weights } });
  const graph = { losses, updates: model.takeUpdates(), optimizer: new SGD(parameters) };
  const step = await compileBalancedStep(graph, balancer, { ...THREADS, boundary, measureGradients: true });
  const missed = new Misses();
  try {
    const result = await step.run(feeds, { step: 1, learningRate: LEARNING_RATE });
    const names = Object.keys(losses);
    const { gramian } = golden.boundaries[boundary];
    const norms = gramian.map((row, k) => Math.sqrt(row[k]!));
    for (const [i, name] of names.entries()) {
      missed.scalar(`loss ${name}`, Math.abs(result.losses[name]! / golden.losses[name]! - 1));
      missed.scalar(`norm of ${name}`, Math.abs(result.gradientNorms![name]! / norms[i]! - 1));
      for (const [j, other] of names.entries()) {
        const error = Math.abs(result.gramian![i]![j]! - gramian[i]![j]!) / (norms[i]! * norms[j]!);
        missed.scalar(`${name} . ${other}`, error);
      }
    }
    for (const [at, [key, { data }]] of parameters.entries()) {
      const moved = Float64Array.from(data, (value, i) => (before[at]![i]! - value) / LEARNING_RATE);
      missed.tensor(`total for ${key}`, moved, golden.total[key]!);
    }
  } finally {
    step.release();
    for (const [at, [, { data }]] of parameters.entries()) data.set(before[at]!);
  }
  return missed.lines;
}

function namesOf({ model, tensors }: GoldenNetwork): Map<Tensor | Variable, string> {
  return new Map<Tensor, string>([
    ...model.namedParameters().map(([key, parameter]) => [parameter, key] as const),
    ...Object.entries(tensors).map(([name, tensor]) => [tensor, name] as const),
  ]);
}
