import { type Shape, sizeOf, Variable } from '@counterpoise/engine';
import type { Initialiser } from './init.js';

/**
 * A variable that is trained, as `torch.nn.Parameter`. A variable of a module that is no `Parameter` is a buffer: it is
 * saved with the model but no optimiser touches it (running statistics).
 *
 * Its values are NaN until `initialise(model, random)` or `loadStateDict` fills them: a network of forgotten zeros
 * would train, badly and in silence; NaN is seen at the first step.
 */
export class Parameter extends Variable {
  /** False freezes it: optimisers leave it out, and no gradient is computed for it. */
  requiresGrad = true;

  /**
   * @param name shown in messages, such as "Conv2d.weight"; the state-dict key comes from the place in the module tree.
   * @param initialiser how `initialise` fills it; may be replaced by the model that owns the layer.
   */
  constructor(
    name: string,
    shape: Shape,
    public initialiser: Initialiser,
  ) {
    super(name, shape, new Float32Array(sizeOf(shape)).fill(Number.NaN));
  }
}
