import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions, type SpecsOf } from '../../options.js';
import type { Reason } from '../../screen.js';
import { stateless } from '../../stateless.js';

export interface SelfBalanceOptions {
  /** Name of the loss that all others are scaled to. Default null: the first positive loss of the step. */
  reference?: string | null;
}

const specs = {
  reference: { type: 'task', default: null, summary: 'the loss that all others are scaled to' },
} as const satisfies SpecsOf<SelfBalanceOptions>;

/** A larger ratio of two losses could overflow with the next factor. */
const LARGEST = 1e300;

/**
 * w_k = gamma_k L_ref / L_k, a constant for the gradient: each term has the value of the reference loss, whose own weight
 * is gamma. Where the named reference is absent or 0, the smallest positive loss of the step stands in, so that no weight
 * exceeds gamma. Unlike `log-sum` the total is in the unit of the reference and falls with it.
 */
export function selfBalance(options: SelfBalanceOptions = {}): Method<null> {
  const resolved = resolveOptions('self-balance', specs, options);
  return defineMethod<null>({
    name: 'self-balance',
    needs: ['losses'],
    specs,
    options: { ...resolved },
    magnitude: { absolute: undefined, lowerBound: undefined },
    ...stateless,
    weigh({ active }) {
      const { reference } = resolved;
      const positive = active.filter(({ magnitude }) => magnitude > 0);
      const own = reference === null ? positive[0] : positive.find(({ task }) => task === reference);
      const size = own?.magnitude ?? Math.min(...positive.map(({ magnitude }) => magnitude));
      const reasons: Record<string, Reason> = {};
      for (const { task } of own ? [] : positive) {
        const message = `"reference" "${reference}" is absent or 0: scaled to the smallest loss, ${size}, instead`;
        reasons[task] = { code: 'fallback', message };
      }
      const weights = active.map(({ magnitude }) => (magnitude > 0 ? Math.min(size / magnitude, LARGEST) : null));
      return { weights, memory: null, reasons };
    },
  });
}

export const selfBalanceRow: MethodRow<SelfBalanceOptions> = {
  name: 'self-balance',
  family: 'losses',
  summary: 'Scale every loss to the current value of a reference loss.',
  citation: 'Oksuz et al., Rank & Sort Loss, ICCV 2021, arXiv:2107.11669',
  formula: 'w_k = gamma_k L_ref / L_k',
  needs: ['losses'],
  options: specs,
  properties: ['stateless', 'linear', 'stationary'],
  create: selfBalance,
};
