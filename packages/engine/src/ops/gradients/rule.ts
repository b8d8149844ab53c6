import type { Operation, Tensor } from '../../graph/tensor.js';

/**
 * How gradients pass an operation backward: from `dy`, the gradient of the scalar objective for the first result, to
 * the gradient for each input. An input that does not need one (`needs`), or gets none, has undefined.
 */
export type GradientRule = (dy: Tensor, op: Operation, needs: readonly boolean[]) => readonly (Tensor | undefined)[];

/** Rules by `Operation.kind`. */
export type GradientRules = Readonly<Record<string, GradientRule>>;

/** The rule of an operation with one differentiable input, the first. */
export function unaryRule(gradient: (dy: Tensor, x: Tensor, y: Tensor, op: Operation) => Tensor): GradientRule {
  return (dy, op) => [gradient(dy, op.inputs[0]!, op.outputs[0]!, op)];
}
