import { type AdamScalar, adamScalar, startAdam, stepAdam } from '../../adam.js';
import type { PerTask } from '../../json.js';
import { softmax } from '../../linalg/softmax.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { forTask, numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { aPositive, nullable, perTask, recordOf } from '../../shapes.js';

export interface GradNormOptions {
  /**
   * How much longer the gradient of a task that learns slowly shall be. Range [0, inf); default 1.5, the paper's for NYUv2
   * (0.12 for its toy). lucidrains/gradnorm-pytorch has -alpha in this place, the reverse of the paper.
   */
  alpha?: number;
  /**
   * What Adam moves. `log` (default): log w, which resolves weights of any size. `additive`, the paper's: w itself, which
   * cannot resolve weights below `learningRate`. `softmax`, LibMTL's: p with w = K softmax(p).
   */
  parametrisation?: 'log' | 'additive' | 'softmax';
  /** Step size of the Adam that moves the weights. Range (0, inf), default 0.025. */
  learningRate?: number;
  /** Loss before training, such as log(classes), in its unit. Default null: the first positive loss of the task. */
  initialLoss?: PerTask | null;
}

const specs = {
  alpha: numberOption('[0, inf)', {
    default: 1.5,
    unit: '1',
    summary: 'how much longer the gradients of slow tasks shall be; 0: all alike',
  }),
  parametrisation: {
    type: 'choice',
    choices: ['log', 'additive', 'softmax'],
    default: 'log',
    summary: 'what Adam moves: log w, w itself (the paper), or p with w = K softmax(p)',
  },
  learningRate: numberOption('(0, inf)', {
    default: 0.025,
    unit: '1',
    summary: 'step size of the Adam that moves the weights',
  }),
  initialLoss: numberOption('(0, inf)', {
    default: null,
    perTask: true,
    unit: 'loss',
    summary: 'loss before training; if not given, the first positive loss',
  }),
} as const satisfies SpecsOf<GradNormOptions>;

type TaskMemory = {
  /** First positive loss. */
  readonly first: number | null;
  /** What Adam moves: w, log w or p. */
  readonly learned: AdamScalar;
};

export type GradNormMemory = readonly TaskMemory[];

/** No weight falls below this share of the largest: at 0 a task would have no gradient to bring it back. */
const SMALLEST = 1e-12;
/** Lengths that agree to this share are equal: which of them round-off makes the longer must not push a weight. */
const SAME = 1e-12;

/**
 * Descent of the weights, by Adam, on sum_k |w_k n_k - G r_k^alpha|, n_k the norms of the gradients, G = mean_j w_j n_j
 * held constant, r_k = (L_k / L_k(0)) / mean_j (L_j / L_j(0)); then sum w = K. The derivative by w_k is sign(w_k n_k - G
 * r_k^alpha) n_k: no second backward pass. It is divided by G here, a factor that Adam would not see if it were
 * constant, so that the unit of the losses cannot matter. A step is weighed with the weights from before it, as in
 * the paper's algorithm 1.
 */
export function gradNorm(options: GradNormOptions = {}): Method<GradNormMemory, 'losses' | 'gradientNorms'> {
  const resolved = resolveOptions('grad-norm', specs, options);
  const { alpha, parametrisation, initialLoss } = resolved;
  const additive = parametrisation === 'additive';
  const shape = recordOf<TaskMemory>({
    first: nullable(aPositive),
    learned: (value, where) => {
      const learned = adamScalar(value, where);
      if (additive) aPositive(learned.value, `${where}.value`);
      return learned;
    },
  });
  return defineMethod<GradNormMemory, 'losses' | 'gradientNorms'>({
    name: 'grad-norm',
    needs: ['losses', 'gradientNorms'],
    specs,
    options: { ...resolved },
    magnitude: { absolute: undefined, lowerBound: undefined },
    init: (tasks) => tasks.map(() => ({ first: null, learned: startAdam(additive ? 1 : 0) })),
    restore: (tasks, memory) => perTask(tasks, memory, shape),
    weigh({ active, gradientNorms }, memory) {
      const own = active.map(({ task, index, magnitude }) => {
        const { first, learned } = memory[index]!;
        return { first: forTask(initialLoss ?? {}, task, first ?? magnitude) || null, learned };
      });
      const weights = weightsOf(own.map(({ learned }) => learned.value));
      const longest = Math.max(...gradientNorms);
      const lengths = weights.map((weight, k) => (longest > 0 ? weight * (gradientNorms[k]! / longest) : 0));
      const mean = meanOf(lengths);
      const targets = rates(
        active.map(({ magnitude }) => magnitude),
        own.map(({ first }) => first),
      ).map((rate) => (alpha === 0 ? 1 : Math.exp(alpha * Math.log(rate))));
      // w_k times the derivative by w_k: the derivative by log w_k.
      const pulls = lengths.map((length, k) => {
        const relative = mean > 0 ? length / mean : 0;
        const gap = relative - targets[k]!;
        return Math.abs(gap) <= SAME * relative ? 0 : Math.sign(gap) * relative;
      });
      const common = parametrisation === 'softmax' ? meanOf(pulls) : 0;
      const moved = own.map(({ learned }, k) => {
        const gradient = additive ? pulls[k]! / weights[k]! : pulls[k]! - common * weights[k]!;
        return mean > 0 ? stepAdam(learned, gradient, resolved) : learned;
      });
      const values = recentre(moved.map(({ value }) => value));
      const next = [...memory];
      active.forEach(({ index }, k) => {
        next[index] = { first: own[k]!.first, learned: { ...moved[k]!, value: values[k]! } };
      });
      return { weights, memory: next };
    },
  });

  /** They add up to K. */
  function weightsOf(values: readonly number[]): number[] {
    if (!additive) return softmax(values).map((share) => share * values.length);
    const mean = meanOf(values);
    return values.map((value) => value / mean);
  }

  /** Held above the smallest weight, and moved or scaled so that the weights themselves add up to K. */
  function recentre(values: readonly number[]): number[] {
    const top = Math.max(...values);
    const floor = additive ? Math.max(top, SMALLEST) * SMALLEST : top + Math.log(SMALLEST);
    const held = values.map((value) => Math.max(value, floor));
    const weights = weightsOf(held);
    return additive ? weights : weights.map((weight) => Math.log(weight) + 0);
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}

/** L_k / L_k(0) over its mean; 1 for a task whose first loss is not known. By logarithms: a ratio may overflow. */
function rates(losses: readonly number[], first: readonly (number | null)[]): number[] {
  const logs = losses.map((loss, k) => (first[k] === null ? null : Math.log(loss) - Math.log(first[k]!)));
  const known = logs.filter((log) => log !== null);
  const top = Math.max(...known);
  if (!(top > Number.NEGATIVE_INFINITY)) return losses.map(() => 1);
  const mean = meanOf(known.map((log) => Math.exp(log - top)));
  return logs.map((log) => (log === null ? 1 : Math.exp(log - top) / mean));
}

export const gradNormRow: MethodRow<GradNormOptions, 'losses' | 'gradientNorms'> = {
  name: 'grad-norm',
  family: 'norms',
  summary: 'Learns weights that make gradients equally long, longer for tasks that learn slowly.',
  citation: 'Chen et al., GradNorm, ICML 2018, arXiv:1711.02257',
  formula: 'w by Adam on sum_k |w_k |g_k| - G r_k^alpha|, G = mean_j w_j |g_j|, r_k = relative L_k / L_k(0); sum w = K',
  needs: ['losses', 'gradientNorms'],
  options: specs,
  properties: ['symmetric', 'stationary'],
  create: gradNorm,
};
