import { vjp } from '../graph/gradients.js';
import { Input, type Shape, sizeOf, type Tensor } from '../graph/tensor.js';
import type { Feeds } from './interpreter.js';
import { uniform } from './random.js';

/** A small function of tensors to check: its values, and its gradients for each input. */
export interface Case {
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  readonly build: (...inputs: Tensor[]) => Tensor;
}

export interface CaseInput {
  readonly shape: Shape;
  /** Values are uniform in [low, high). */
  readonly low: number;
  readonly high: number;
}

/** Values in [low, high), by default in [-2, 2). */
export function values(shape: Shape, low = -2, high = 2): CaseInput {
  return { shape, low, high };
}

export interface CaseGraph {
  readonly inputs: readonly Input[];
  readonly output: Tensor;
  /** The gradient that `gradients` start from, of the output's shape. */
  readonly cotangent: Input;
  readonly gradients: readonly (Tensor | undefined)[];
  /** Values of inputs and cotangent, exact in float32. */
  readonly feeds: Feeds;
}

/** The graph of a case with its gradients, and values to run it on. */
export function caseGraph({ inputs: specifications, build }: Case): CaseGraph {
  const random = uniform(1);
  const draw = ({ shape, low, high }: CaseInput) =>
    Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(low + (high - low) * random()));
  const inputs = specifications.map(({ shape }, i) => new Input(`x${i}`, shape));
  const output = build(...inputs);
  const cotangent = new Input('dy', output.shape);
  return {
    inputs,
    output,
    cotangent,
    gradients: vjp([output], [cotangent], inputs),
    feeds: new Map([
      ...inputs.map((input, i): [Tensor, Float64Array] => [input, draw(specifications[i]!)]),
      [cotangent, draw(values(output.shape, -1, 1))],
    ]),
  };
}
