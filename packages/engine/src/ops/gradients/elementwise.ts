import type { Tensor } from '../../graph/tensor.js';
import { sumTo } from '../broadcast.js';
import { type Operand, scalarValue } from '../constants.js';
import { add, div, equal, greater, less, mul, pow, sub, where } from '../elementwise.js';
import { exp, log, neg, reluGrad, sigmoid, sign, square } from '../unary.js';
import { type GradientRule, type GradientRules, unaryRule } from './rule.js';

/** A rule from the gradient for each operand before broadcasting is undone. */
function binaryRule(
  forA: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor,
  forB: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor,
): GradientRule {
  return (dy, op, needs) => {
    const [a, b] = op.inputs as readonly [Tensor, Tensor];
    const y = op.outputs[0]!;
    return [
      needs[0] ? sumTo(forA(dy, a, b, y), a.shape) : undefined,
      needs[1] ? sumTo(forB(dy, a, b, y), b.shape) : undefined,
    ];
  };
}

const product = binaryRule(
  (dy, _a, b) => mul(dy, b),
  (dy, a) => mul(dy, a),
);

/** dy for the winner of a minimum or maximum, half of it at a tie, else 0. */
function winnersShare(wins: (a: Tensor, b: Tensor) => Tensor) {
  return (dy: Tensor, a: Tensor, b: Tensor) => where(wins(a, b), dy, where(equal(a, b), mul(dy, 0.5), 0));
}

/** b a^(b - 1), which is 0 for b = 0 whatever a is. */
function powerSlope(a: Tensor, b: Tensor): Operand {
  const exponent = scalarValue(b);
  if (exponent !== undefined) return exponent === 0 ? 0 : mul(exponent, pow(a, exponent - 1));
  return where(equal(b, 0), 0, mul(b, pow(a, sub(b, 1))));
}

export const elementwiseGradients: GradientRules = {
  Add: binaryRule(
    (dy) => dy,
    (dy) => dy,
  ),
  Sub: binaryRule(
    (dy) => dy,
    (dy) => neg(dy),
  ),
  // A square: one gradient 2 dy a in place of two equal ones that would be added.
  Mul: (dy, op, needs) =>
    op.inputs[0] === op.inputs[1] ? [mul(mul(dy, 2), op.inputs[0]!), undefined] : product(dy, op, needs),
  Div: binaryRule(
    (dy, _a, b) => div(dy, b),
    (dy, _a, b, y) => neg(div(mul(dy, y), b)),
  ),
  Pow: binaryRule(
    (dy, a, b) => mul(dy, powerSlope(a, b)),
    // a^b log a tends to 0 for a -> 0 and b > 0, where the formula itself gives 0 times infinity.
    (dy, a, _b, y) => mul(dy, where(equal(a, 0), 0, mul(y, log(a)))),
  ),
  Min: binaryRule(winnersShare(less), winnersShare(greater)),
  Max: binaryRule(winnersShare(greater), winnersShare(less)),
  Where: (dy, op, needs) => {
    const [condition, a, b] = op.inputs as readonly [Tensor, Tensor, Tensor];
    return [
      undefined,
      needs[1] ? sumTo(where(condition, dy, 0), a.shape) : undefined,
      needs[2] ? sumTo(where(condition, 0, dy), b.shape) : undefined,
    ];
  },
  Neg: unaryRule((dy) => neg(dy)),
  Exp: unaryRule((dy, _x, y) => mul(dy, y)),
  Log: unaryRule((dy, x) => div(dy, x)),
  Sqrt: unaryRule((dy, _x, y) => div(mul(dy, 0.5), y)),
  Abs: unaryRule((dy, x) => mul(dy, sign(x))),
  Reciprocal: unaryRule((dy, _x, y) => neg(mul(dy, square(y)))),
  Erf: unaryRule((dy, x) => mul(mul(dy, 2 / Math.sqrt(Math.PI)), exp(neg(square(x))))),
  Atan: unaryRule((dy, x) => div(dy, add(1, square(x)))),
  Sigmoid: unaryRule((dy, _x, y) => mul(dy, mul(y, sub(1, y)))),
  Tanh: unaryRule((dy, _x, y) => mul(dy, sub(1, square(y)))),
  Softplus: unaryRule((dy, x) => mul(dy, sigmoid(x))),
  Relu: unaryRule((dy, _x, y) => reluGrad(dy, y)),
  // Linear in dy; in y it is a step, whose slope is 0.
  ReluGrad: (dy, op) => [reluGrad(dy, op.inputs[1]!), undefined],
};
