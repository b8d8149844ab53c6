/** A net of two shared layers and two heads, one of them of two losses, and its gradients in float64. */
import { add, gradients, Input, mean, mul, square, sub, type Tensor, tanh } from '@counterpoise/engine';
import { initialise, Linear, Module, Random, SGD } from '@counterpoise/nn';
import { interpret } from '../../../engine/src/testing/interpreter.js';

export class SmallNet extends Module {
  readonly first = new Linear(3, 4);
  readonly second = new Linear(4, 3);
  readonly a = new Linear(3, 2);
  readonly b = new Linear(3, 1);

  losses(x: Tensor, y: Tensor): Record<string, Tensor> {
    const features = tanh(this.second.forward(tanh(this.first.forward(x))));
    const box = this.b.forward(features);
    return {
      near: mean(square(sub(this.a.forward(features), y))),
      far: mul(mean(square(add(box, 1))), 100),
      extra: mean(square(sub(box, 3))),
    };
  }
}

export const LOSSES = ['near', 'far', 'extra'] as const;
export const makeNet = () => initialise(new SmallNet(), new Random(3));
export const optimizerOf = (net: SmallNet) => new SGD(net.namedParameters());
export const lossesOf = (net: SmallNet, batch: number) =>
  net.losses(new Input('x', [batch, 3]), new Input('y', [batch, 2]));

export type SmallFeeds = { readonly x: Float32Array; readonly y: Float32Array };

export function feedsOf(random: Random, batch: number): SmallFeeds {
  const normal = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  return { x: normal(3 * batch), y: normal(2 * batch) };
}

export const joined = (list: readonly SmallFeeds[]): SmallFeeds => ({
  x: Float32Array.from(list.flatMap(({ x }) => [...x])),
  y: Float32Array.from(list.flatMap(({ y }) => [...y])),
});

export interface Exact {
  readonly losses: readonly number[];
  /** [loss][parameter], undefined where a loss does not reach a parameter. */
  readonly gradients: readonly (readonly (readonly number[] | undefined)[])[];
}

/** Losses and their gradients at the parameters given, in float64. */
export function exactly(net: SmallNet, parameters: readonly (readonly number[])[], { x, y }: SmallFeeds): Exact {
  const inputs = [new Input('x', [x.length / 3, 3]), new Input('y', [y.length / 2, 2])] as const;
  const losses = Object.values(net.losses(...inputs));
  const variables = [...net.parameters()];
  const feeds = new Map<Tensor, ArrayLike<number>>([
    [inputs[0], x],
    [inputs[1], y],
    ...variables.map((variable, at) => [variable, parameters[at]!] as const),
  ]);
  return {
    losses: interpret(losses, feeds).map((value) => value[0]!),
    gradients: losses.map((loss) =>
      gradients(loss, variables).map((gradient) => gradient && [...interpret([gradient], feeds)[0]!]),
    ),
  };
}
