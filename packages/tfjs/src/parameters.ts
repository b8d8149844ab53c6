/** The exact way: the gradient of each loss for all variables. One forward pass, a backward pass per loss. */
import { concat } from '@tensorflow/tfjs-core';
import { CounterpoiseError } from 'counterpoise';
import { type Losses, presentLosses, stacked } from './losses.js';
import { measuring } from './measures.js';
import { checkReach, combined, type Step, type Way, weigh } from './step.js';
import { reachOf, rowsOf } from './table.js';
import { gradientsOf, offTape, tidied } from './tape.js';

export function atParameters(step: Step, losses: () => Losses): Way {
  const named = presentLosses(tidied(losses));
  checkReach(step, named, step.variables);
  return offTape(() => {
    const perLoss = named.tensors.map((loss) => gradientsOf(loss, step.variables));
    const rows = rowsOf(perLoss, step.variables.length);
    const count = named.names.length;
    // A loss that is alone in its step is compared with none.
    const shared = rows.filter((row) => reachOf(row) >= Math.min(2, count));
    if (shared.length === 0) {
      throw new CounterpoiseError(
        'evidence',
        `no variable is reached by two of the losses ${named.names.join(', ')}: their gradients cannot be compared`,
      );
    }
    const { sums, read } = measuring(shared, count, step.needs);
    return {
      wanted: concat([stacked(named), sums]),
      finish(values) {
        const { numbers, weights } = weigh(step, named, values, read(values.subarray(count)));
        return { numbers, gradients: offTape(() => rows.map((row) => combined(step, row, weights))) };
      },
    };
  });
}
