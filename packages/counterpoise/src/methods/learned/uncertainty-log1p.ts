import type { Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions } from '../../options.js';
import { defineLearnedMethod, type LearnedMemory, type LearnedOptions, learnedSpecs } from './learned-rule.js';

/** `initial` is s = log p^2: 0 for the usual start p = 1. */
export type UncertaintyLog1pOptions = LearnedOptions;

/**
 * Uncertainty weighting with a regulariser that is never negative: sum_k L_k / (2 p_k^2) + log(1 + p_k^2). At rest
 * p^2 = (L + sqrt(L^2 + 8 L)) / 4: the weight is 1 / L for large losses but only 1 / sqrt(2 L) for small ones, so the unit
 * of a loss matters. Learned is s = log p^2 and not p itself: steps are then relative, and p cannot pass through 0, where
 * code that learns p divides by zero.
 */
export function uncertaintyLog1p(options: UncertaintyLog1pOptions = {}): Method<LearnedMemory> {
  return defineLearnedMethod({
    name: 'uncertainty-log1p',
    specs: learnedSpecs,
    options: resolveOptions('uncertainty-log1p', learnedSpecs, options),
    weight: (s) => Math.exp(-s) / 2,
    slope: (s, term) => 1 / (1 + Math.exp(-s)) - term,
    // Roots apart, because L^2 leaves the doubles before L does.
    rest: (loss) => Math.log((loss + Math.sqrt(loss) * Math.sqrt(loss + 8)) / 4),
  });
}

export const uncertaintyLog1pRow: MethodRow<UncertaintyLog1pOptions> = {
  name: 'uncertainty-log1p',
  family: 'learned',
  summary: 'Uncertainty weighting whose regulariser is never negative; the unit of a loss matters.',
  citation: 'Liebel & Körner, Auxiliary Tasks in Multi-task Learning, 2018, arXiv:1805.06334',
  formula: 'w_k = gamma_k / (2 p_k^2), s = log p^2 by Adam on sum_k L_k / (2 p_k^2) + log(1 + p_k^2)',
  needs: ['losses'],
  options: learnedSpecs,
  properties: ['symmetric', 'stationary'],
  create: uncertaintyLog1p,
};
