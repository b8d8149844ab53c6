import { softmax } from '../../linalg/softmax.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions, type SpecsOf, seedOption } from '../../options.js';
import { Random, type RandomState, restoreRandom, seeded } from '../../random.js';

/** K weights with sum 1. */
type Draw = (source: Random, count: number) => number[];

const times = (count: number, draw: () => number) => Array.from({ length: count }, draw);

const normalised = (values: readonly number[]) => {
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((value) => value / sum);
};

const bernoulli: Draw = (source, count) => {
  const bits = times(count, () => source.next() >>> 31);
  return bits.includes(1) ? normalised(bits) : bernoulli(source, count);
};

const draws = {
  normal: (source, count) => softmax(times(count, () => source.normal())),
  uniform: (source, count) => softmax(times(count, () => source.uniform())),
  // Exponential variates are Gamma(1), and normalised a Dirichlet with all parameters 1.
  dirichlet: (source, count) => normalised(times(count, () => -Math.log(source.uniform()))),
  bernoulli,
  'constrained-bernoulli': (source, count) => {
    const chosen = Math.floor(source.uniform() * count);
    return Array.from({ length: count }, (_, i) => (i === chosen ? 1 : 0));
  },
} as const satisfies Record<string, Draw>;

export interface RandomOptions {
  /**
   * `normal` (default) and `uniform` (on (0, 1)): softmax of the draws. `dirichlet`: uniform on the simplex. `bernoulli`:
   * equal weights on a random subset that is not empty. `constrained-bernoulli`: all weight on one task.
   */
  distribution?: keyof typeof draws;
  /** Start of the random numbers, which are part of the state. An integer in [0, 2^32), default 0. */
  seed?: number;
}

const specs = {
  distribution: {
    type: 'choice',
    choices: Object.keys(draws),
    default: 'normal',
    summary: 'where the weights of a step are drawn from',
  },
  seed: seedOption,
} as const satisfies SpecsOf<RandomOptions>;

/**
 * Random loss weighting (RLW): new weights with sum 1 in every step, whatever the losses. A litmus test: what does not beat
 * it does not balance. Absent tasks draw nothing. Of the distributions of the paper, the normal with a random mean and
 * variance per task is left out.
 */
export function random(options: RandomOptions = {}): Method<RandomState> {
  const resolved = resolveOptions('random', specs, options);
  return defineMethod<RandomState>({
    name: 'random',
    needs: [],
    specs,
    options: { ...resolved },
    init: () => seeded(resolved.seed),
    restore: (_tasks, memory) => restoreRandom(memory, '"state"'),
    weigh({ active }, memory) {
      if (active.length === 0) return { weights: [], memory };
      const source = new Random(memory);
      return { weights: draws[resolved.distribution](source, active.length), memory: source.state };
    },
  });
}

export const randomRow: MethodRow<RandomOptions> = {
  name: 'random',
  family: 'fixed',
  summary: 'New random weights in every step; the litmus test for all others.',
  citation: 'Lin et al., Reasonable Effectiveness of Random Weighting, TMLR 2022, arXiv:2111.10603',
  formula: 'w_k = gamma_k softmax_k(xi), xi ~ N(0, 1)^K',
  needs: [],
  options: specs,
  properties: ['signed', 'linear', 'stationary'],
  create: random,
};
