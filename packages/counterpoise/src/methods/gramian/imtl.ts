import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions } from '../../options.js';
import { imtlL } from '../learned/imtl-l.js';
import { type LearnedMemory, type LearnedOptions, learnedSpecs } from '../learned/learned-rule.js';
import { imtlG } from './imtl-g.js';

/** Those of `imtl-l`; `initial` 0 is the start of the paper and of LibMTL. */
export type ImtlOptions = LearnedOptions;

/**
 * Both halves of IMTL, as in LibMTL: the weights of `imtl-g` for the gradients e^s_k g_k, times e^s_k, with the learned
 * scales e^s_k of `imtl-l`. Scales change only the length of the update of independent gradients: its direction is that of
 * `imtl-g`. LibMTL moves s with the optimiser of the model, here Adam does.
 */
export function imtl(options: ImtlOptions = {}): Method<LearnedMemory, 'losses' | 'gramian'> {
  const resolved = resolveOptions('imtl', learnedSpecs, options);
  const scaling = imtlL(options).rule;
  const turning = imtlG().rule;
  return defineMethod<LearnedMemory, 'losses' | 'gramian'>({
    name: 'imtl',
    needs: ['losses', 'gramian'],
    specs: learnedSpecs,
    options: { ...resolved },
    magnitude: { absolute: undefined, lowerBound: undefined },
    init: scaling.init,
    restore: scaling.restore,
    weigh(step, before) {
      const { weights: learned, memory } = scaling.weigh(step, before);
      // A task without a scale takes the largest one, which moves the common length of the update the least.
      const known = learned.filter((scale) => scale !== null);
      const largest = known.length > 0 ? Math.max(...known) : 1;
      const scales = learned.map((scale) => scale ?? largest);
      // A common factor on all gradients leaves the weights of imtl-g alone; this one keeps the products finite.
      const relative = scales.map((scale) => scale / largest);
      const gramian = step.gramian.map((row, i) => row.map((value, j) => value * relative[i]! * relative[j]!));
      const { weights, reasons } = turning.weigh({ ...step, gramian }, null);
      return { weights: weights.map((weight, k) => (weight ?? 0) * scales[k]!), memory, ...(reasons && { reasons }) };
    },
  });
}

export const imtlRow: MethodRow<ImtlOptions, 'losses' | 'gramian'> = {
  name: 'imtl',
  family: 'gramian',
  summary: 'imtl-g on gradients that imtl-l has scaled: equal projections, learned length.',
  citation: 'Liu et al., Towards Impartial Multi-task Learning, ICLR 2021, openreview.net/forum?id=IMPnRXEWpvr',
  formula: 'w_k = gamma_k e^s_k alpha_k, alpha of imtl-g for the gradients e^s_k g_k, s of imtl-l',
  needs: ['losses', 'gramian'],
  options: learnedSpecs,
  properties: ['scaleFree', 'symmetric', 'stationary'],
  create: imtl,
};
