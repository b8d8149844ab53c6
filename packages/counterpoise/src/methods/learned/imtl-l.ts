import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions } from '../../options.js';
import { defineLearnedMethod, type LearnedMemory, type LearnedOptions, learnedSpecs } from './learned-rule.js';

/** `initial` 0 is the start of the paper and of TorchJD and LibMTL. */
export type ImtlLOptions = LearnedOptions;

/**
 * The loss half of IMTL: s_k learned on sum_k e^s_k L_k - s_k, at rest at s_k = -log L_k, where every term is 1. It is
 * `uncertainty` in its plain form with the sign of s turned.
 */
export function imtlL(options: ImtlLOptions = {}): Method<LearnedMemory> {
  return defineLearnedMethod({
    name: 'imtl-l',
    specs: learnedSpecs,
    options: resolveOptions('imtl-l', learnedSpecs, options),
    weight: Math.exp,
    slope: (_s, term) => term - 1,
    rest: (loss) => -Math.log(loss),
  });
}

export const imtlLRow: MethodRow<ImtlLOptions> = {
  name: 'imtl-l',
  family: 'learned',
  summary: 'Learned scales that bring every weighted loss to 1.',
  citation: 'Liu et al., Towards Impartial Multi-task Learning, ICLR 2021, OpenReview IMPnRXEWpvr',
  formula: 'w_k = gamma_k e^s_k, s by Adam on sum_k e^s_k L_k - s_k',
  needs: ['losses'],
  options: learnedSpecs,
  properties: ['scaleFree', 'symmetric', 'stationary'],
  create: imtlL,
};
