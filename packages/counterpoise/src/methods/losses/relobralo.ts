import { softmax } from '../../linalg/softmax.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf, seedOption } from '../../options.js';
import { Random, type RandomState, restoreRandom, seeded } from '../../random.js';
import { aCount, aSize, nullable, perTask, recordOf } from '../../shapes.js';

export interface RelobraloOptions {
  /** Temperature of the softmax over loss ratios. Range (0, inf), default 1. */
  temperature?: number;
  /** Memory of the weights, about 1 / (1 - alpha) steps. Range [0, 1], default 0.999. */
  alpha?: number;
  /** Probability that a step looks back to its last weights, and not to the first losses. Range [0, 1], default 1: never to the first. */
  rho?: number;
  /** Start of the random numbers; unused when rho is 0 or 1. Default 0. */
  seed?: number;
}

const specs = {
  temperature: numberOption('(0, inf)', { default: 1, unit: '1', summary: 'of the softmax over loss ratios' }),
  alpha: numberOption('[0, 1]', {
    default: 0.999,
    unit: '1',
    summary: 'memory of the weights, about 1 / (1 - alpha) steps',
  }),
  rho: numberOption('[0, 1]', {
    default: 1,
    unit: '1',
    summary: 'probability that a step looks back to its last weights, and not to the first losses',
  }),
  seed: seedOption,
} as const satisfies SpecsOf<RelobraloOptions>;

type Task = {
  /** Losses so far. */
  readonly seen: number;
  /** First and last positive loss. */
  readonly first: number | null;
  readonly last: number | null;
  readonly weight: number;
};

type Memory = {
  readonly random: RandomState;
  readonly tasks: readonly Task[];
};

const memoryShape = recordOf<{ random: RandomState; tasks: unknown }>({
  random: restoreRandom,
  tasks: (value) => value,
});
const taskShape = recordOf<Task>({ seen: aCount, first: nullable(aSize), last: nullable(aSize), weight: aSize });

/**
 * With b(t') = K softmax_k(L_k(t) / (T L_k(t'))):
 * w(t) = alpha (rho w(t-1) + (1 - rho) b(0)) + (1 - alpha) b(t-1), rho drawn as 0 or 1 for the step. As in the authors' code
 * alpha is 1 at the first loss of a task (w = 1) and 0 at its second. They add 1e-12 to T L; here a ratio is to the last
 * (first) positive loss instead, which needs no unit. The ratios are free of scale, the terms w L are not.
 */
export function relobralo(options: RelobraloOptions = {}): Method<Memory> {
  const resolved = resolveOptions('relobralo', specs, options);
  const { temperature, alpha, rho, seed } = resolved;
  return defineMethod<Memory>({
    name: 'relobralo',
    needs: ['losses'],
    specs,
    options: { ...resolved },
    magnitude: { absolute: undefined, lowerBound: undefined },
    init: (tasks) => ({
      random: seeded(seed),
      tasks: tasks.map(() => ({ seen: 0, first: null, last: null, weight: 1 })),
    }),
    restore(tasks, memory) {
      const restored = memoryShape(memory, '"state"');
      return { random: restored.random, tasks: perTask(tasks, restored.tasks, taskShape) };
    },
    weigh({ active }, memory) {
      const own = active.map(({ index }) => memory.tasks[index]!);
      const balance = (since: 'first' | 'last') =>
        softmax(active.map(({ magnitude }, i) => ratio(magnitude, own[i]![since]) / temperature)).map(
          (share) => share * active.length,
        );
      // No random number is drawn where it could change nothing.
      const isDrawn = rho > 0 && rho < 1 && own.some(({ seen }) => seen > 1);
      const random = new Random(memory.random);
      const isKept = isDrawn ? random.uniform() < rho : rho === 1;
      const sinceFirst = isKept ? [] : balance('first');
      const sinceLast = balance('last');
      const weights = own.map(({ seen, weight }, i) => {
        if (seen === 0) return 1;
        const memoryShare = seen === 1 ? 0 : alpha;
        return memoryShare * (isKept ? weight : sinceFirst[i]!) + (1 - memoryShare) * sinceLast[i]!;
      });
      const tasks = [...memory.tasks];
      active.forEach(({ index, magnitude }, i) => {
        const { seen, first, last } = own[i]!;
        const positive = magnitude > 0 ? magnitude : null;
        tasks[index] = { seen: seen + 1, first: first ?? positive, last: positive ?? last, weight: weights[i]! };
      });
      return { weights, memory: { random: isDrawn ? random.state : memory.random, tasks } };
    },
  });
}

/** Change since then; 1 for a task without a positive loss to compare with. */
function ratio(loss: number, before: number | null): number {
  return before === null ? 1 : loss / before;
}

export const relobraloRow: MethodRow<RelobraloOptions> = {
  name: 'relobralo',
  family: 'losses',
  summary: 'More weight for losses that fell little since the last step, with memory and random lookback.',
  citation: 'Bischof & Kraus, Multi-Objective Loss Balancing for PINNs, 2021, arXiv:2110.09813',
  formula: 'w = gamma (alpha (rho w(t-1) + (1 - rho) b(0)) + (1 - alpha) b(t-1)), b(s) = K softmax(L / (T L(s)))',
  needs: ['losses'],
  options: specs,
  properties: ['symmetric', 'linear', 'stationary'],
  create: relobralo,
};
