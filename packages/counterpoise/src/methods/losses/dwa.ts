import { CounterpoiseError } from '../../errors.js';
import type { Json } from '../../json.js';
import { softmax } from '../../linalg/softmax.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, numberOption, type OptionValues, resolveOptions, type SpecsOf } from '../../options.js';
import { aCount, aSize, listUpTo, nullable, perTask, recordOf, type Shape } from '../../shapes.js';

export interface DwaOptions {
  /** T: the larger, the more equal the weights. Range (0, inf), default 2. */
  temperature?: number;
  /**
   * Compare the means of two neighbouring windows of this many steps, the present one included, as nash-mtl does (there
   * 25), and need no epoch. Its buffer starts with ones and is used too early; here the weights stay 1 until both windows
   * are full. An integer >= 1. Default null: compare the last two epochs.
   */
  window?: number | null;
}

const specs = {
  temperature: numberOption('(0, inf)', {
    default: 2,
    unit: '1',
    summary: 'the larger, the more equal the weights',
  }),
  window: integerOption('[1, inf)', {
    default: null,
    unit: 'steps',
    summary: 'compare two windows of so many steps instead of two epochs',
  }),
} as const satisfies SpecsOf<DwaOptions>;

/** What is kept of the losses of one task, and how they changed. */
interface Track<T extends Json> {
  readonly empty: T;
  readonly shape: Shape<T>;
  record(past: T, loss: number, epoch: number): T;
  /** Later mean / earlier mean; 1, no change, where one of them is not known yet or the earlier is 0. */
  change(past: T): number;
}

/** Means of the epochs in which the task was seen: one under way, the last complete one, and the one before that. */
type Epochs = {
  readonly epoch: number;
  readonly count: number;
  readonly mean: number;
  readonly last: number | null;
  readonly before: number | null;
};

const byEpochs: Track<Epochs> = {
  empty: { epoch: 0, count: 0, mean: 0, last: null, before: null },
  shape: recordOf<Epochs>({
    epoch: aCount,
    count: aCount,
    mean: aSize,
    last: nullable(aSize),
    before: nullable(aSize),
  }),
  record(past, loss, epoch) {
    if (epoch < past.epoch) {
      throw new CounterpoiseError('evidence', `"epoch" must not fall: it was ${past.epoch}, got ${epoch}`);
    }
    const isNew = epoch > past.epoch && past.count > 0;
    const { mean, last, before } = isNew ? { mean: 0, last: past.mean, before: past.last } : past;
    const count = isNew ? 1 : past.count + 1;
    return { epoch, count, mean: mean + (loss - mean) / count, last, before };
  },
  change: ({ last, before }) => (last !== null && before ? last / before : 1),
};

function byWindows(window: number): Track<readonly number[]> {
  const mean = (losses: readonly number[]) => losses.reduce((sum, loss) => sum + loss / window, 0);
  return {
    empty: [],
    shape: listUpTo(2 * window, aSize),
    record: (past, loss) => [...past, loss].slice(-2 * window),
    change(past) {
      const earlier = past.length < 2 * window ? 0 : mean(past.slice(0, window));
      return earlier > 0 ? mean(past.slice(window)) / earlier : 1;
    },
  };
}

function defineDwa<T extends Json, N extends 'losses' | 'epoch'>(
  needs: readonly N[],
  options: OptionValues,
  temperature: number,
  track: Track<T>,
): Method<readonly T[], N> {
  return defineMethod<readonly T[], N>({
    name: 'dwa',
    needs,
    specs,
    options,
    magnitude: { absolute: undefined, lowerBound: undefined },
    init: (tasks) => tasks.map(() => track.empty),
    restore: (tasks, memory) => perTask(tasks, memory, track.shape),
    weigh({ active, epoch }, memory) {
      const next = [...memory];
      const changes = active.map(({ index, magnitude }) => {
        const past = track.record(memory[index] as T, magnitude, epoch);
        next[index] = past;
        return track.change(past) / temperature;
      });
      return { weights: softmax(changes).map((share) => share * active.length), memory: next };
    },
  });
}

/**
 * Dynamic weight average: K softmax_k(r_k / T), r_k = mean loss of the last epoch / of the one before, so that a task whose
 * loss falls more slowly weighs more; 1 in the first two epochs. Epochs are counted per task: those without it do not
 * count, and a task too new for a ratio has r = 1. The ratios have no unit, the weights multiply the raw losses: scale
 * stays (put a normalisation before it). A ratio in the hundreds, as after a mean near 0, takes all weight.
 */
export function dwa(options?: DwaOptions & { window?: null }): Method<Json, 'losses' | 'epoch'>;
export function dwa(options: DwaOptions & { window: number }): Method<Json>;
export function dwa(options?: DwaOptions): Method<Json, 'losses' | 'epoch'>;
export function dwa(options: DwaOptions = {}): Method<Json, 'losses' | 'epoch'> | Method<Json> {
  const resolved = resolveOptions('dwa', specs, options);
  const { temperature, window } = resolved;
  return window === null
    ? defineDwa(['losses', 'epoch'], { ...resolved }, temperature, byEpochs)
    : defineDwa(['losses'], { ...resolved }, temperature, byWindows(window));
}

export const dwaRow: MethodRow<DwaOptions, 'losses' | 'epoch'> = {
  name: 'dwa',
  family: 'losses',
  summary: 'Give more weight to the losses that fall more slowly from epoch to epoch.',
  citation: 'Liu, Johns & Davison, End-to-End Multi-Task Learning with Attention, CVPR 2019, arXiv:1803.10704',
  formula: 'w_k = gamma_k K softmax_k(r_k / T), r_k = mean of L_k in the last epoch / in the one before',
  needs: ['losses', 'epoch'],
  options: specs,
  properties: ['symmetric', 'linear', 'stationary'],
  create: dwa,
};
