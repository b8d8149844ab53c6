/** The way of methods that look at loss values alone: one forward pass, one download, one backward pass. */
import { scalar, type Tensor } from '@tensorflow/tfjs-core';
import { weightedGradients } from './heads.js';
import { type Losses, type NamedLosses, presentLosses, stacked } from './losses.js';
import { checkReach, type Step, type Way, weigh } from './step.js';
import { gradientsOf, offTape, reachedBy, tidied, withCotangents } from './tape.js';

export function byLossValues(step: Step, losses: () => Losses): Way {
  const named = presentLosses(tidied(losses));
  checkReach(step, named, step.variables);
  return {
    wanted: offTape(() => stacked(named)),
    finish(values) {
      const { numbers, weights } = weigh(step, named, values);
      const gradients = weightedGradients(step, named, weights, {
        gradients: (factors, variables) => gradientsOf(weightedTotal(named, factors), variables),
        reached: (k) => reachedBy(named.tensors[k]!, step.variables),
      });
      return { numbers, gradients };
    },
  };
}

/** w_1 L_1 + ... + w_K L_K: its gradient for loss k is w_k. */
function weightedTotal({ tensors }: NamedLosses, weights: readonly number[]): Tensor {
  return withCotangents(
    tensors,
    offTape(() => weights.map((weight) => scalar(weight))),
  );
}
