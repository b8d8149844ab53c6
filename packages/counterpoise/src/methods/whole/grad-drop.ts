import type { PerTask } from '../../json.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf, seedOption } from '../../options.js';
import { stateless } from '../../stateless.js';

export interface GradDropOptions {
  /** Share of the gradient of a loss that is let through whatever its sign. Range [0, 1], default 0. */
  leak?: PerTask;
  /** Start of the random numbers. Integer in [0, 2^32), default 0. */
  seed?: number;
}

const specs = {
  leak: numberOption('[0, 1]', {
    default: 0,
    unit: '1',
    perTask: true,
    summary: 'share of a gradient that passes whatever its sign; losses not named: 0',
  }),
  seed: { ...seedOption, summary: 'start of the random numbers, with the number of the step' },
} as const satisfies SpecsOf<GradDropOptions>;

/** The weights of `sum`: what the signs of single entries decide is not in any weight. */
export function gradDrop(options: GradDropOptions = {}): Method<null> {
  return defineMethod<null>({
    name: 'grad-drop',
    needs: [],
    specs,
    options: { ...resolveOptions('grad-drop', specs, options) },
    ...stateless,
    weigh: ({ active }) => ({ weights: active.map(() => 1), memory: null }),
  });
}

export const gradDropRow: MethodRow<GradDropOptions> = {
  name: 'grad-drop',
  family: 'gradients',
  summary: 'Where gradients disagree on the sign of an entry, one sign is drawn and the others are dropped.',
  citation: 'Chen et al., Just Pick a Sign: Gradient Sign Dropout, NeurIPS 2020, arXiv:2010.06808',
  formula:
    'per entry: P = (1 + sum_k h_k / sum_k |h_k|) / 2, h_k = gamma_k g_k, u ~ U(0, 1);\nd = sum_k (leak_k + (1 - leak_k) [P > u and h_k > 0 or P < u and h_k < 0]) h_k',
  needs: [],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric', 'stationary'],
  create: gradDrop,
};
