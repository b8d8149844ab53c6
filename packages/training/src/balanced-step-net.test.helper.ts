/** A small net with shared layers and heads, and its gradients by a plain program: for the tests of the balanced step. */
import {
  add,
  compile,
  gradients,
  Input,
  mean,
  mul,
  sigmoid,
  square,
  sub,
  type Tensor,
  tanh,
} from '@counterpoise/engine';
import { init, initialise, Linear, Module, Parameter, Random, SGD } from '@counterpoise/nn';
import type { Balancer, Need } from 'counterpoise';
import { afterEach, expect } from 'vitest';
import { type BalancedStepOptions, compileBalancedStep } from './balanced-step.js';

/** Released after each test. */
export const compiled: { release(): void }[] = [];
afterEach(() => {
  for (const one of compiled.splice(0)) one.release();
});

/** Two shared layers; a head of one loss, and a head of two. */
export class Net extends Module {
  readonly first = new Linear(3, 5);
  readonly second = new Linear(5, 4);
  readonly a = new Linear(4, 2);
  readonly b = new Linear(4, 1);

  losses(x: Tensor, y: Tensor): Record<string, Tensor> {
    const features = tanh(this.second.forward(tanh(this.first.forward(x))));
    const box = this.b.forward(features);
    return {
      near: mean(square(sub(this.a.forward(features), y))),
      far: mul(mean(square(add(box, 1))), 1000),
      extra: mean(sigmoid(box)),
    };
  }
}

const BATCH = 4;
export const makeNet = () => initialise(new Net(), new Random(3));
export const graphOf = (net: Net, batch = BATCH) => net.losses(new Input('x', [batch, 3]), new Input('y', [batch, 2]));
const random = new Random(5);
export const feedsOf = (batch = BATCH) => ({
  x: Float32Array.from({ length: 3 * batch }, () => random.normal()),
  y: Float32Array.from({ length: 2 * batch }, () => random.normal()),
});
export const joined = (list: readonly ReturnType<typeof feedsOf>[]) => ({
  x: Float32Array.from(list.flatMap(({ x }) => [...x])),
  y: Float32Array.from(list.flatMap(({ y }) => [...y])),
});

export async function stepOf(net: Net, balancer: Balancer<Need>, options: BalancedStepOptions = {}, batch = BATCH) {
  const step = await compileBalancedStep(
    { losses: graphOf(net, batch), optimizer: new SGD(net.namedParameters()) },
    balancer,
    { threads: 1, ...options },
  );
  compiled.push(step);
  return step;
}

/** The gradient of each loss, by a plain program of its own: [loss][parameter][values]. */
export async function referenceGradients(net: Net, feeds: ReturnType<typeof feedsOf>, wrt = [...net.parameters()]) {
  const losses = Object.values(graphOf(net, feeds.y.length / 2));
  const outputs: Record<string, Tensor> = {};
  for (const [k, loss] of losses.entries()) {
    for (const [p, gradient] of gradients(loss, wrt).entries()) if (gradient) outputs[`${k}/${p}`] = gradient;
  }
  const program = await compile([{ name: 'all', outputs }], { threads: 1 });
  compiled.push(program);
  const results = await program.run('all', feeds);
  return losses.map((_, k) =>
    wrt.map((parameter, p) => [...(results[`${k}/${p}`] ?? new Float32Array(parameter.size))]),
  );
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((total, value, i) => total + value * b[i]!, 0);
export const flat = (gradients: readonly (readonly number[])[], places: readonly number[]) =>
  places.flatMap((p) => gradients[p]!);
export const gramianOf = (perLoss: readonly (readonly number[][])[], places: readonly number[], others = perLoss) =>
  perLoss.map((a) => others.map((b) => dot(flat(a, places), flat(b, places))));

export function expectMatrix(
  actual: readonly (readonly number[])[] | undefined,
  expected: readonly (readonly number[])[],
): void {
  const norms = expected.map((row, k) => Math.sqrt(Math.abs(row[k]!)));
  for (const [i, row] of expected.entries()) {
    for (const [j, value] of row.entries()) {
      expect(Math.abs(actual![i]![j]! - value) / (norms[i]! * norms[j]! + 1e-30), `${i}, ${j}`).toBeLessThan(1e-5);
    }
  }
}

export const parameter = (value: number) => {
  const made = new Parameter('p', [], init.zeros());
  made.data[0] = value;
  return made;
};
export const sgd = (...parameters: Parameter[]) => new SGD(parameters.map((p, i) => [`p${i}`, p]));

export function expectSame(a: Net, b: Net): void {
  const others = [...b.parameters()];
  for (const [p, { data }] of [...a.parameters()].entries()) {
    for (const [i, value] of data.entries()) expect(value, `${p} ${i}`).toBeCloseTo(others[p]!.data[i]!, 5);
  }
}
