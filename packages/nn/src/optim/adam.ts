import { add, div, mul, scalar, sqrt, sub, type Tensor } from '@counterpoise/engine';
import type { VariableUpdate } from '../module.js';
import {
  atLeastZero,
  belowOne,
  type NamedParameter,
  Optimizer,
  type ParameterGroup,
  type ScalarInput,
  type Slot,
  type UpdateRule,
} from './optimizer.js';

export interface AdamOptions {
  /** Decay rates of the running means of the gradient and of its square, in [0, 1); default [0.9, 0.999]. */
  betas?: readonly [beta1: number, beta2: number];
  /** Added to the root of the second mean; default 1e-8. */
  eps?: number;
  /** Adam: L2, added to the gradient, default 0. AdamW: taken from the parameter directly, times lr, default 0.01. */
  weightDecay?: number;
}

const STEP_FACTOR = 'adam.step_factor';
const EPSILON = 'adam.epsilon';

/**
 * What Adam and AdamW share (Kingma and Ba 2015, algorithm 1), with t the number of the step:
 *
 *     m = beta1 * m + (1 - beta1) * g
 *     v = beta2 * v + (1 - beta2) * g^2
 *     p = p - lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
 *
 * With c = sqrt(1 - beta2^t) the last line is p - lr * (c / (1 - beta1^t)) * m / (sqrt(v) + c * eps): both bias corrections
 * become one factor and one epsilon per step, computed on the host in float64 and fed as inputs.
 */
abstract class AdamBase extends Optimizer {
  readonly #betas: readonly [number, number];
  readonly #eps: number;

  constructor(
    params: Iterable<NamedParameter> | Iterable<ParameterGroup>,
    { betas = [0.9, 0.999], eps = 1e-8, weightDecay }: AdamOptions & { weightDecay: number },
  ) {
    belowOne('betas[0]', betas[0]);
    belowOne('betas[1]', betas[1]);
    atLeastZero('eps', eps);
    super(params, atLeastZero('weightDecay', weightDecay), ['exp_avg', 'exp_avg_sq']);
    this.#betas = betas;
    this.#eps = eps;
  }

  /** The rule for a gradient and a parameter that weight decay has gone into already. */
  protected adam(
    learningRate: Tensor,
    input: ScalarInput,
  ): (slot: Slot, gradient: Tensor, parameter: Tensor) => VariableUpdate[] {
    const [beta1, beta2] = this.#betas;
    const [keep1, share1] = [scalar(beta1), scalar(1 - beta1)];
    const [keep2, share2] = [scalar(beta2), scalar(1 - beta2)];
    const stepSize = mul(learningRate, input(STEP_FACTOR));
    const epsilon = input(EPSILON);
    return (slot, gradient, parameter) => {
      const [first, second] = slot.state as [Slot['parameter'], Slot['parameter']];
      const mean = add(mul(first, keep1), mul(gradient, share1));
      const square = add(mul(second, keep2), mul(mul(gradient, gradient), share2));
      const direction = div(mean, add(sqrt(square), epsilon));
      return [
        { variable: first, value: mean },
        { variable: second, value: square },
        { variable: slot.parameter, value: sub(parameter, mul(direction, stepSize)) },
      ];
    };
  }

  protected scalars(step: number): Record<string, number> {
    const [beta1, beta2] = this.#betas;
    const c = Math.sqrt(1 - beta2 ** step);
    return { [STEP_FACTOR]: c / (1 - beta1 ** step), [EPSILON]: c * this.#eps };
  }
}

/** As `torch.optim.Adam`, weight decay as L2: g = gradient + weightDecay * p. */
export class Adam extends AdamBase {
  constructor(params: Iterable<NamedParameter> | Iterable<ParameterGroup>, options: AdamOptions = {}) {
    super(params, { weightDecay: 0, ...options });
  }

  protected rule(learningRate: Tensor, weightDecay: number, input: ScalarInput): UpdateRule {
    const step = this.adam(learningRate, input);
    const decay = scalar(weightDecay);
    return (slot, gradient) => {
      const { parameter } = slot;
      return step(slot, weightDecay > 0 ? add(gradient, mul(parameter, decay)) : gradient, parameter);
    };
  }
}

/** As `torch.optim.AdamW` (Loshchilov and Hutter 2019): p is first multiplied by 1 - lr * weightDecay. */
export class AdamW extends AdamBase {
  constructor(params: Iterable<NamedParameter> | Iterable<ParameterGroup>, options: AdamOptions = {}) {
    super(params, { weightDecay: 0.01, ...options });
  }

  protected rule(learningRate: Tensor, weightDecay: number, input: ScalarInput): UpdateRule {
    const step = this.adam(learningRate, input);
    const kept = sub(1, mul(learningRate, weightDecay));
    return (slot, gradient) => step(slot, gradient, weightDecay > 0 ? mul(slot.parameter, kept) : slot.parameter);
  }
}
