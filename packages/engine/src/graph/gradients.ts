import { constant } from '../ops/constants.js';
import { add } from '../ops/elementwise.js';
import { ShapeError } from '../ops/errors.js';
import { gradientRules, gradientStops } from '../ops/gradients/index.js';
import { formatShape, type Operation, sameShape, type Tensor } from './tensor.js';
import { operationsBefore } from './traverse.js';

export interface GradientOptions {
  /** The gradient to start from, of the output's shape. Default: the constant 1. */
  seed?: Tensor;
  /**
   * Takes the tensors of `wrt` as independent of each other, as a cut through the graph: no gradient passes through one of
   * them into another that it was computed from. Default: false.
   */
  cut?: boolean;
}

/**
 * Reverse mode: the gradient of a one-element `output` for each tensor in `wrt`, as new tensors of the graph, which can
 * be differentiated again.
 *
 * @returns One tensor per entry of `wrt`, of its shape; undefined where the output does not depend on it (a loss that
 * does not reach a parameter).
 * @throws ShapeError when the output has more than one element; Error when an operation on the way has no rule.
 */
export function gradients(
  output: Tensor,
  wrt: readonly Tensor[],
  { seed, cut }: GradientOptions = {},
): (Tensor | undefined)[] {
  if (output.size !== 1) {
    throw new ShapeError(
      `gradients: the output must have one element, got ${formatShape(output.shape)}; reduce it with sum or mean`,
    );
  }
  return vjp([output], [seed ?? constant([1], output.shape)], wrt, { cut });
}

/**
 * The product of vector and Jacobian: the gradient of sum_i <cotangents[i], outputs[i]> for each tensor in `wrt`.
 *
 * @returns As `gradients`.
 */
export function vjp(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  wrt: readonly Tensor[],
  { cut = false }: Pick<GradientOptions, 'cut'> = {},
): (Tensor | undefined)[] {
  checkArguments(outputs, cotangents, wrt);
  const operations = operationsBefore(outputs);
  const reached = dependents(operations, wrt);
  const accumulated = new Map<Tensor, Tensor>();
  const accumulate = (tensor: Tensor, gradient: Tensor) => {
    const sofar = accumulated.get(tensor);
    accumulated.set(tensor, sofar ? add(sofar, gradient) : gradient);
  };

  outputs.forEach((output, i) => {
    if (reached.has(output)) accumulate(output, cotangents[i]!);
  });
  const ends = new Set(cut ? wrt : []);
  for (const op of operations.reverse()) {
    if (op.outputs.some((output) => ends.has(output))) continue;
    const needs = op.inputs.map((input) => reached.has(input));
    if (!needs.includes(true) || !op.outputs.some((output) => accumulated.has(output))) continue;
    backward(op, accumulated, needs).forEach((gradient, i) => {
      if (gradient && needs[i]) accumulate(op.inputs[i]!, gradient);
    });
  }
  return wrt.map((tensor) => accumulated.get(tensor));
}

function backward(
  op: Operation,
  accumulated: ReadonlyMap<Tensor, Tensor>,
  needs: readonly boolean[],
): readonly (Tensor | undefined)[] {
  if (gradientStops.has(op.kind)) return [];
  const rule = gradientRules[op.kind];
  if (!rule) throw new Error(`no gradient rule for ${op.kind}`);
  const further = op.outputs.findIndex((output, i) => i > 0 && accumulated.has(output));
  if (further > 0) {
    throw new Error(`no gradient passes through result ${further} of ${op.kind}; wrap it in stopGradient`);
  }
  return rule(accumulated.get(op.outputs[0]!)!, op, needs);
}

/** The tensors through which a change of `wrt` travels, `wrt` included. */
function dependents(operations: readonly Operation[], wrt: readonly Tensor[]): ReadonlySet<Tensor> {
  const reached = new Set(wrt);
  for (const op of operations) {
    if (gradientStops.has(op.kind) || !op.inputs.some((input) => reached.has(input))) continue;
    for (const output of op.outputs) reached.add(output);
  }
  return reached;
}

function checkArguments(outputs: readonly Tensor[], cotangents: readonly Tensor[], wrt: readonly Tensor[]): void {
  if (outputs.length !== cotangents.length) {
    throw new RangeError(`vjp: ${outputs.length} outputs need as many cotangents, got ${cotangents.length}`);
  }
  for (const tensor of [...outputs, ...cotangents, ...wrt]) {
    if (tensor.dtype !== 'float32') throw new TypeError(`gradients need float32 tensors, got ${tensor.dtype}`);
  }
  outputs.forEach((output, i) => {
    const cotangent = cotangents[i]!;
    if (!sameShape(output.shape, cotangent.shape)) {
      throw new ShapeError(
        `vjp: the cotangent of an output ${formatShape(output.shape)} must have its shape, ` +
          `got ${formatShape(cotangent.shape)}`,
      );
    }
  });
}
