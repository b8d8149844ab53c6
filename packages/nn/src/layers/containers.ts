import { flatten, type Tensor, type Variable } from '@counterpoise/engine';
import { Module, type TensorModule } from '../module.js';

/** Applies its modules one after another; their keys are "0", "1", ... as in `torch.nn.Sequential`. */
export class Sequential extends Module {
  readonly #modules: readonly TensorModule[];

  constructor(...modules: TensorModule[]) {
    super();
    this.#modules = modules;
  }

  forward(x: Tensor): Tensor {
    return this.#modules.reduce((value, module) => module.forward(value), x);
  }

  protected override *members(): Iterable<[string, Module | Variable]> {
    yield* super.members();
    for (const [i, module] of this.#modules.entries()) yield [String(i), module];
  }
}

/** Joins the axes from `startDim` on, as `torch.nn.Flatten`: [N, C, H, W] -> [N, C * H * W] by default. */
export class Flatten extends Module {
  readonly #startDim: number;

  constructor(startDim = 1) {
    super();
    this.#startDim = startDim;
  }

  forward(x: Tensor): Tensor {
    return flatten(x, this.#startDim);
  }
}

/** Returns its input: a place holder for a layer that a variant of a model leaves out. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
