import { add, Input, mul, sub, type Variable } from '@counterpoise/engine';
import type { Module, VariableUpdate } from '../module.js';
import { belowOne } from './optimizer.js';

/**
 * The exponential moving average of a network's weights, which usually validates better than the weights of any one step
 * (Polyak and Juditsky 1992; `torch.optim.swa_utils.AveragedModel`, with buffers): after each step t, from 1,
 *
 *     average = average + (1 - d_t) (weight - average),    d_t = min(decay, (1 + t) / (10 + t))
 *
 * The growing d_t is that of TensorFlow's ExponentialMovingAverage with `num_updates`: the random start is soon forgotten, however
 * short the training. Running statistics are averaged as the weights are.
 *
 * The average lives in a module of its own, which can be evaluated, saved and loaded like any other.
 */
export class ExponentialMovingAverage {
  readonly #pairs: readonly (readonly [average: Variable, weight: Variable])[];
  readonly #decay: number;
  readonly #share = new Input('ema.share', []);

  /**
   * @param average of the same architecture as `model`; its present values are the start, so load the model's first.
   * @param decay in [0, 1); 0.99 to 0.9999 are usual.
   */
  constructor(average: Module, model: Module, decay: number) {
    this.#decay = belowOne('decay', decay);
    const averages = new Map<string, Variable>([...average.namedParameters(), ...average.namedBuffers()]);
    this.#pairs = [...model.namedParameters(), ...model.namedBuffers()].map(([key, weight]) => {
      const own = averages.get(key);
      if (!own) throw new Error(`"average" must be of the architecture of "model": it lacks "${key}"`);
      return [own, weight] as const;
    });
  }

  /** The new averages, from the weights as they are when this runs: in a phase of its own, after that of the optimiser. */
  updates(): VariableUpdate[] {
    return this.#pairs.map(([average, weight]) => ({
      variable: average,
      value: add(average, mul(sub(weight, average), this.#share)),
    }));
  }

  /** The values of the inputs that the updates read. @param step the number of the step before, from 1. */
  feeds(step: number): Record<string, number> {
    return { [this.#share.name]: 1 - Math.min(this.#decay, (1 + step) / (10 + step)) };
  }
}
