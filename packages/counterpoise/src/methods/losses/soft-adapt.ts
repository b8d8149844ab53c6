import { softmax } from '../../linalg/softmax.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { aNumber, listUpTo, perTask } from '../../shapes.js';

export interface SoftAdaptOptions {
  /**
   * `original`: w = softmax(beta s), slopes s in the unit of the losses. `normalized`: s / sum |s| in the place of s, free
   * of a common unit. `loss-weighted`: w ~ mean |L| e^(beta s). Default `original`.
   */
  variant?: 'original' | 'normalized' | 'loss-weighted';
  /** Positive: more weight for losses that fall slowly or rise; negative: for those that fall fast. Default 0.1. */
  beta?: number;
  /** Order of the finite difference: it looks at order + 1 losses of the task. Integer in [1, 5], default 1; the authors use 1, 3 and 5. */
  order?: number;
}

const specs = {
  variant: {
    type: 'choice',
    choices: ['original', 'normalized', 'loss-weighted'],
    default: 'original',
    summary: 'slopes as they are, divided by the sum of their sizes, or with the size of the loss as a factor',
  },
  beta: numberOption('(-inf, inf)', {
    default: 0.1,
    unit: '1 / loss',
    summary: 'positive: more weight for losses that fall slowly or rise; negative: the reverse',
  }),
  order: integerOption('[1, 5]', {
    default: 1,
    unit: '1',
    summary: 'order of the finite difference, over order + 1 losses',
  }),
} as const satisfies SpecsOf<SoftAdaptOptions>;

/** Last losses of each task, oldest first. */
type Memory = readonly (readonly number[])[];

/**
 * Slope at the newest loss by backward differences (Newton): sum_j D^j L / j, of as high an order as there are losses; 0 for
 * a single one. The authors' first code does the same; their package later put the forward coefficients on losses listed
 * oldest first, which for orders above 1 is the slope at the oldest.
 */
function slope(losses: readonly number[]): number {
  let differences = losses;
  let sum = 0;
  for (let j = 1; differences.length > 1; j++) {
    const before = differences;
    differences = before.slice(1).map((loss, i) => loss - before[i]!);
    sum += differences.at(-1)! / j;
  }
  return sum;
}

/** Weights over the active tasks add up to 1. Divisions by signed sums, which can be 0, are by sums of sizes here. */
export function softAdapt(options: SoftAdaptOptions = {}): Method<Memory> {
  const resolved = resolveOptions('soft-adapt', specs, options);
  const { variant, beta, order } = resolved;
  return defineMethod<Memory>({
    name: 'soft-adapt',
    needs: ['losses'],
    specs,
    options: { ...resolved },
    init: (tasks) => tasks.map(() => []),
    restore: (tasks, memory) => perTask(tasks, memory, listUpTo(order + 1, aNumber)),
    weigh({ active }, memory) {
      const next = [...memory];
      // JSON turns -0 into 0; adding 0 does so before it can reach a state.
      for (const { index, loss } of active) next[index] = [...memory[index]!.slice(-order), loss + 0];
      const slopes = active.map(({ index }) => slope(next[index]!));
      const sum = slopes.reduce((total, s) => total + Math.abs(s), 0);
      const unit = variant === 'normalized' && sum > 0 ? sum : 1;
      const sizes = active.map(({ index }) => {
        const losses = next[index]!;
        return Math.abs(losses.reduce((total, loss) => total + loss / losses.length, 0));
      });
      const logits = slopes.map((s, i) => beta * (s / unit) + (variant === 'loss-weighted' ? Math.log(sizes[i]!) : 0));
      return { weights: softmax(logits), memory: next };
    },
  });
}

export const softAdaptRow: MethodRow<SoftAdaptOptions> = {
  name: 'soft-adapt',
  family: 'losses',
  summary: 'More weight for losses that fall slowly or rise, by the slope of their last values.',
  citation: 'Heydari, Thompson & Mehmood, SoftAdapt, 2019, arXiv:1912.12355',
  formula: 'w_k = gamma_k softmax_k(beta s), s_k = finite difference of the last L_k',
  needs: ['losses'],
  options: specs,
  properties: ['signed', 'symmetric', 'stationary'],
  create: softAdapt,
};
