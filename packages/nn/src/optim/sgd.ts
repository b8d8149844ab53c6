import { add, mul, scalar, sub, type Tensor } from '@counterpoise/engine';
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

export interface SGDOptions {
  /** In [0, 1); default 0. */
  momentum?: number;
  /** The share of each new gradient that is kept out of the momentum, in [0, 1); default 0. */
  dampening?: number;
  /** L2: `weightDecay` times the parameter is added to its gradient; default 0. */
  weightDecay?: number;
  /** Steps along the momentum as it will be after the next step; needs momentum and no dampening. Default false. */
  nesterov?: boolean;
}

const GRADIENT_SHARE = 'sgd.gradient_share';

/**
 * Stochastic gradient descent, as `torch.optim.SGD` (Sutskever et al. 2013, with the learning rate outside the momentum):
 *
 *     g = gradient + weightDecay * p
 *     v = momentum * v + (1 - dampening) * g      (the first time v = g, undampened)
 *     p = p - lr * v                              (Nesterov: p - lr * (g + momentum * v))
 */
export class SGD extends Optimizer {
  readonly #momentum: number;
  readonly #dampening: number;
  readonly #nesterov: boolean;

  constructor(params: Iterable<NamedParameter> | Iterable<ParameterGroup>, options: SGDOptions = {}) {
    const { momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = options;
    belowOne('momentum', momentum);
    belowOne('dampening', dampening);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new RangeError(
        `"nesterov" needs "momentum" above 0 and "dampening" 0, got momentum ${momentum}, dampening ${dampening}`,
      );
    }
    super(params, atLeastZero('weightDecay', weightDecay), momentum > 0 ? ['momentum_buffer'] : []);
    this.#momentum = momentum;
    this.#dampening = dampening;
    this.#nesterov = nesterov;
  }

  protected rule(learningRate: Tensor, weightDecay: number, input: ScalarInput): UpdateRule {
    const momentum = scalar(this.#momentum);
    const decay = scalar(weightDecay);
    return ({ parameter, state: [velocity] }: Slot, gradient: Tensor) => {
      const g = weightDecay > 0 ? add(gradient, mul(parameter, decay)) : gradient;
      if (!velocity) return [{ variable: parameter, value: sub(parameter, mul(g, learningRate)) }];
      const share = this.#dampening === 0 ? g : mul(g, input(GRADIENT_SHARE));
      const next = add(mul(velocity, momentum), share);
      const direction = this.#nesterov ? add(g, mul(next, momentum)) : next;
      return [
        { variable: velocity, value: next },
        { variable: parameter, value: sub(parameter, mul(direction, learningRate)) },
      ];
    };
  }

  // PyTorch starts v as the first gradient. Without dampening that is momentum * 0 + g: nothing to do. With dampening the
  // first gradient alone counts in full, so the share is an input.
  protected scalars(step: number): Record<string, number> {
    if (this.#momentum === 0 || this.#dampening === 0) return {};
    return { [GRADIENT_SHARE]: step === 1 ? 1 : 1 - this.#dampening };
  }
}
