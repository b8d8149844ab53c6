import { CounterpoiseError } from '../../errors.js';
import { isRecord, type Json, type PerTask } from '../../json.js';
import { defineMethod, type Method, type Step } from '../../method.js';
import type { Property } from '../../method-row.js';
import { integerOption, numberOption, type OptionSpecs, type OptionValues, type SpecsOf } from '../../options.js';
import { RENORMALISATIONS, type Renormalisation } from '../../renormalise.js';
import { aCount, perTask, recordOf } from '../../shapes.js';
import type { Statistic } from '../../statistics/statistic.js';

/** Options of every method that divides each loss by a running statistic of its own. */
export interface StatisticOptions {
  /** Measure |L|: for losses that change sign. Default false. Excludes `lowerBound`. */
  absolute?: boolean;
  /** Measure L - b, for losses whose smallest possible value b is not 0. In the unit of the loss, default 0. */
  lowerBound?: PerTask;
  /** Number of first losses of each task that are not recorded; its weight is priority / K meanwhile. Default 0. */
  warmup?: number;
  /** Smallest denominator, in the unit of the loss. */
  epsilon?: number;
  /** Smallest denominator as a share of the largest denominator of all tasks. Range [0, 1], default 0. */
  relativeEpsilon?: number;
  /** Record the loss of the step before (true, default) or after (false) the weight is taken; after: the first weight is priority / K. */
  includeCurrent?: boolean;
  /** Common factor on all weights. Default `none`. Excludes `reduction: 'mean'`. */
  renormalise?: Renormalisation;
  /** Sum (default) or mean over the K tasks present. */
  reduction?: 'sum' | 'mean';
  /**
   * Weight, before `reduction` and `renormalise`, of each loss named here, which is not measured at all: for a term whose
   * value says nothing about its size, such as an entropy bonus. Any sign, in 1 / unit of the loss. Default: none.
   */
  fixed?: PerTask | null;
}

/** Options of the methods whose statistic takes losses of any sign as they are. */
export type SignedStatisticOptions = Omit<StatisticOptions, 'absolute' | 'lowerBound'>;

export function statisticSpecs(defaultEpsilon: number) {
  return {
    absolute: { type: 'boolean', default: false, summary: 'measure |L|, for losses that change sign' },
    lowerBound: numberOption('(-inf, inf)', {
      default: 0,
      perTask: true,
      unit: 'loss',
      summary: 'measure L - b, where b is the smallest value the loss can have',
    }),
    ...signedStatisticSpecs(defaultEpsilon),
  } as const satisfies SpecsOf<StatisticOptions>;
}

export function signedStatisticSpecs(defaultEpsilon: number) {
  return {
    warmup: integerOption('[0, inf)', {
      default: 0,
      unit: 'steps',
      summary: 'first losses of each task that are not recorded; its weight is priority / K meanwhile',
    }),
    epsilon: numberOption('[1e-300, inf)', {
      default: defaultEpsilon,
      unit: 'loss',
      summary: 'smallest denominator',
    }),
    relativeEpsilon: numberOption('[0, 1]', {
      default: 0,
      unit: '1',
      summary: 'smallest denominator, as a share of the largest one',
    }),
    includeCurrent: {
      type: 'boolean',
      default: true,
      summary: 'record the loss before its weight is taken; false: after',
    },
    renormalise: {
      type: 'choice',
      choices: RENORMALISATIONS,
      default: 'none',
      summary:
        'common factor on all weights: sum-k makes them add up to K, preserve-total keeps the plain sum of the losses',
    },
    reduction: {
      type: 'choice',
      choices: ['sum', 'mean'],
      default: 'sum',
      summary: 'add the normalised losses, or take their mean over the tasks present',
    },
    fixed: numberOption('(-inf, inf)', {
      default: null,
      perTask: true,
      unit: '1 / loss',
      summary: 'weight of losses that are not measured, such as entropy:0.01',
    }),
  } as const satisfies SpecsOf<SignedStatisticOptions>;
}

/** Memory of a statistic that can also forget: shared by the methods with moments. */
export const betaOption = numberOption('(0, 1]', {
  default: 1,
  unit: '1',
  summary: 'memory, about 1 / (1 - beta) steps; 1: all losses so far count alike',
});

/** Of every method that divides by a statistic of sizes. */
export const statisticProperties: readonly Property[] = ['scaleFree', 'symmetric', 'stationary'];

/** Per task, in the order of the tasks. */
export type StatisticMemory<T extends Json> = readonly {
  /** Finite losses of this task so far, warm-up included. */
  readonly seen: number;
  readonly statistic: T;
}[];

interface StatisticRule<T extends Json> {
  readonly name: string;
  readonly specs: OptionSpecs;
  /** With `absolute` and `lowerBound` the statistic is given sizes, without them the losses themselves. */
  readonly options: Required<StatisticOptions> | Required<SignedStatisticOptions>;
  readonly statistic: Statistic<T>;
  /** Denominator from the statistic m of a task (> 0) and the floor. */
  denominator(m: number, floor: number): number;
}

/**
 * w_k = 1 / denominator(m_k, floor), m_k the running statistic of task k,
 * floor = max(epsilon, relativeEpsilon max_j m_j); divided by K for the mean.
 */
export function defineStatisticMethod<T extends Json>(rule: StatisticRule<T>): Method<StatisticMemory<T>> {
  const { options, statistic } = rule;
  const sized = 'absolute' in options ? options : undefined;
  if (sized?.absolute && sized.lowerBound !== 0) {
    throw new CounterpoiseError(
      'option',
      `"absolute" and "lowerBound" exclude each other: ${rule.name} measures |L| or L - b`,
    );
  }
  if (options.reduction === 'mean' && options.renormalise !== 'none') {
    throw new CounterpoiseError(
      'option',
      `"reduction" mean and "renormalise" ${options.renormalise} exclude each other: the second undoes the first`,
    );
  }

  function record({ active }: Step, memory: StatisticMemory<T>): StatisticMemory<T> {
    const next = [...memory];
    for (const { index, task, magnitude } of active) {
      if (fixedWeight(options.fixed, task) !== undefined) continue;
      const { seen, statistic: before } = at(memory, index);
      const after = seen < options.warmup ? before : statistic.record(magnitude, before);
      next[index] = { seen: seen + 1, statistic: after };
    }
    return next;
  }

  return defineMethod<StatisticMemory<T>>({
    name: rule.name,
    needs: ['losses'],
    specs: rule.specs,
    options: { ...options } satisfies OptionValues,
    ...(sized && { magnitude: sized }),
    renormalise: options.renormalise,
    init: (tasks) => tasks.map(() => ({ seen: 0, statistic: statistic.empty })),
    restore: (tasks, memory) => perTask(tasks, memory, recordOf({ seen: aCount, statistic: statistic.restore })),
    weigh(step, memory) {
      const next = record(step, memory);
      const scales = (options.includeCurrent ? next : memory).map((task) => statistic.read(task.statistic));
      const largest = Math.max(...scales.map((scale) => scale ?? 0));
      const floor = Math.max(options.epsilon, options.relativeEpsilon * largest);
      const share = options.reduction === 'mean' ? step.present : 1;
      const weights = step.active.map(({ index, task }) => {
        const fixed = fixedWeight(options.fixed, task);
        if (fixed !== undefined) return fixed / share;
        const scale = scales[index] ?? 0;
        // A task that has only shown zeros has no scale yet; 0 / 0 is never taken.
        return scale > 0 ? 1 / rule.denominator(scale, floor) / share : null;
      });
      return { weights, memory: next };
    },
  });
}

function fixedWeight(fixed: PerTask | null, task: string): number | undefined {
  if (!isRecord(fixed)) return fixed ?? undefined;
  return Object.hasOwn(fixed, task) ? fixed[task] : undefined;
}

function at<T extends Json>(memory: StatisticMemory<T>, index: number) {
  const task = memory[index];
  if (!task)
    throw new CounterpoiseError('state', `"state" has ${memory.length} tasks, but task ${index + 1} is asked for`);
  return task;
}
