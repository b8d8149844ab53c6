/** The exact way: the gradient of each loss for all variables. One forward pass, a backward pass per loss. */
import { concat } from '@tensorflow/tfjs-core';
import { CounterpoiseError } from 'counterpoise';
import { weightedGradients } from './heads.js';
import { type Losses, presentLosses, stacked } from './losses.js';
import { measuring } from './measures.js';
import { checkReach, type Step, type Way, weigh } from './step.js';
import { rowsOf, sharedOf, weightedSum } from './table.js';
import { gradientsOf, offTape, tidied } from './tape.js';

export function atParameters(step: Step, losses: () => Losses): Way {
  const named = presentLosses(tidied(losses));
  checkReach(step, named, step.variables);
  return offTape(() => {
    const perLoss = named.tensors.map((loss) => gradientsOf(loss, step.variables));
    const rows = rowsOf(perLoss, step.variables.length);
    const count = named.names.length;
    const shared = sharedOf(rows, count);
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
        const gradients = weightedGradients(step, named, weights, {
          gradients: (factors, variables) =>
            offTape(() => variables.map((one) => weightedSum(rows[step.variables.indexOf(one)]!, factors))),
          reached: (k) => step.variables.filter((_, at) => rows[at]![k]),
        });
        return { numbers, gradients };
      },
    };
  });
}
