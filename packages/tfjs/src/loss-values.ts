/** The way of methods that look at loss values alone: one forward pass, one download, one backward pass. */
import { scalar, type Tensor } from '@tensorflow/tfjs-core';
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
      const gradients = gradientsOf(weightedTotal(named, weights), step.variables);
      return {
        numbers,
        gradients: step.settings.heads === 'unweighted' ? withPlainHeads(step, named, gradients) : gradients,
      };
    },
  };
}

/** Those of variables that a single loss reaches anew, without the weight. */
function withPlainHeads(step: Step, named: NamedLosses, gradients: readonly (Tensor | undefined)[]) {
  const own = ofOneLoss(step, named);
  const plain = gradientsOf(weightedTotal(named, new Array(named.names.length).fill(1)), own);
  return step.variables.map((variable, at) => plain[own.indexOf(variable)] ?? gradients[at]);
}

/** w_1 L_1 + ... + w_K L_K: its gradient for loss k is w_k. */
function weightedTotal({ tensors }: NamedLosses, weights: readonly number[]): Tensor {
  return withCotangents(
    tensors,
    offTape(() => weights.map((weight) => scalar(weight))),
  );
}

/** Variables that a single loss reaches. With a single loss there are no heads. */
function ofOneLoss({ variables }: Step, { tensors }: NamedLosses) {
  const reached = tensors.map((loss) => new Set(reachedBy(loss, variables)));
  return tensors.length > 1
    ? variables.filter((variable) => reached.filter((set) => set.has(variable)).length === 1)
    : [];
}
