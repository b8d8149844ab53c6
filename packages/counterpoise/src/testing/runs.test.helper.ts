import type { Evidence, Need } from '../evidence.js';
import { dot } from '../linalg/vectors.js';
import { Random, seeded } from '../random.js';

/** Shapes of the gradients of one step. Only the first three have independent rows. */
export const KINDS = ['random', 'conflicting', 'long', 'forward', 'dependent', 'duplicate', 'zero'] as const;
export type Kind = (typeof KINDS)[number];

/** Everything there is to measure in one step, in the order of the tasks. */
export interface Frame {
  readonly kind: Kind;
  readonly losses: readonly (number | undefined)[];
  readonly after: readonly number[];
  /** Gradients of the tasks in two independent batches. */
  readonly rows: readonly (readonly number[])[];
  readonly second: readonly (readonly number[])[];
  readonly epoch: number;
  readonly mask: readonly boolean[];
}

export interface Run {
  readonly tasks: readonly string[];
  readonly priorities: Readonly<Record<string, number>>;
  readonly frames: readonly Frame[];
}

/** One of these must be safe from the names that every object has. */
export const NAMES = ['class', 'box', 'mask', 'depth', 'toString'];

/** The needs of all methods at once. */
export type Everything = Evidence<Need>;

export function evidenceOf(tasks: readonly string[], frame: Frame): Everything {
  const record = <T>(values: readonly T[]) => Object.fromEntries(tasks.map((task, k) => [task, values[k]!]));
  const sizes = frame.rows.map((row) => row.map(Math.abs));
  return {
    losses: record(frame.losses),
    lossesAfter: record(frame.after),
    gradientNorms: record(frame.rows.map((row) => Math.hypot(...row))),
    gradientMax: record(sizes.map((row) => Math.max(...row))),
    gradientMean: record(sizes.map((row) => row.reduce((sum, value) => sum + value, 0) / row.length)),
    gramian: frame.rows.map((a) => frame.rows.map((b) => dot(a, b))),
    crossGramian: frame.rows.map((a) => frame.second.map((b) => dot(a, b))),
    epoch: frame.epoch,
    mask: record(frame.mask),
  };
}

/** The frame with losses and gradients in other units, or its tasks in another order. */
export function scaled(frame: Frame, factors: readonly number[]): Frame {
  const rows = (matrix: Frame['rows']) => matrix.map((row, k) => row.map((value) => value * factors[k]!));
  return {
    ...frame,
    losses: frame.losses.map((loss, k) => loss! * factors[k]!),
    after: frame.after.map((loss, k) => loss * factors[k]!),
    rows: rows(frame.rows),
    second: rows(frame.second),
  };
}

export function reordered(frame: Frame, order: readonly number[]): Frame {
  const pick = <T>(values: readonly T[]) => order.map((k) => values[k]!);
  const { losses, after, rows, second, mask } = frame;
  return {
    ...frame,
    losses: pick(losses),
    after: pick(after),
    rows: pick(rows),
    second: pick(second),
    mask: pick(mask),
  };
}

const BAD = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/**
 * Runs of 1 to `steps` steps. `wild`: 1 to 5 tasks, all kinds of gradients, losses 1e-6 to 1e6 with zeros, bad numbers,
 * absent and masked tasks, priorities. Otherwise 2 to 5 tasks with losses 1 to 1000 and gradients of the given kinds.
 */
export function makeRuns(count: number, { kinds = KINDS, wild = false, steps = 6, seed = 1 }: RunSettings = {}): Run[] {
  const random = new Random(seeded(seed));
  const upTo = (n: number) => Math.floor(random.uniform() * n);
  return Array.from({ length: count }, (_, n) => {
    const size = wild ? 1 + (n % 5) : 2 + (n % 4);
    const tasks = NAMES.slice(0, size);
    let epoch = 0;
    let losses: Frame['losses'] = [];
    const frames = Array.from({ length: 1 + upTo(steps) }, (): Frame => {
      const positive = () => 10 ** (wild ? 12 * random.uniform() - 6 : 3 * random.uniform());
      const anyLoss = () => (upTo(10) > 0 ? positive() : [0, -0, undefined, BAD[upTo(3)], undefined][upTo(5)]);
      const before = losses;
      losses = tasks.map(wild ? anyLoss : positive);
      const kind = kinds[upTo(kinds.length)]!;
      const rows = makeRows(random, kind, size);
      epoch += upTo(3) === 0 ? 1 : 0;
      return {
        kind,
        losses,
        after: tasks.map((_, k) => (before[k] ?? 1) * (0.6 + 0.5 * random.uniform())),
        rows,
        second: rows.map((row) => row.map((value) => value * (1 + 0.3 * random.normal()))),
        epoch,
        mask: tasks.map(() => !wild || upTo(10) > 0),
      };
    });
    const factors = [0, 0.5, 1, 3];
    return { tasks, frames, priorities: Object.fromEntries(tasks.map((task) => [task, wild ? factors[upTo(4)]! : 1])) };
  });
}

interface RunSettings {
  readonly kinds?: readonly Kind[];
  readonly wild?: boolean;
  readonly steps?: number;
  readonly seed?: number;
}

function makeRows(random: Random, kind: Kind, size: number): number[][] {
  const width = kind === 'dependent' ? Math.max(1, size - 1) : size + 2;
  const normals = () => Array.from({ length: width }, () => random.normal());
  const rows = Array.from({ length: size }, normals);
  const last = rows[size - 1]!;
  if (kind === 'conflicting') {
    // Each gradient goes against the one before, up to a tenth of noise.
    for (let k = 1; k < size; k++) rows[k] = rows[k]!.map((value, i) => 0.3 * value - rows[k - 1]![i]!);
  } else if (kind === 'long') {
    const factor = 10 ** (3 + 3 * random.uniform());
    rows[size - 1] = last.map((value) => value * factor);
  } else if (kind === 'forward') {
    // All have a positive part along the first axis, so that no convex combination vanishes; they may conflict in the rest.
    for (const row of rows) row[0] = (0.2 + random.uniform()) * Math.hypot(...row);
  } else if (kind === 'duplicate') rows[size - 1] = [...rows[0]!];
  else if (kind === 'zero') rows[size - 1] = last.map(() => 0);
  return rows;
}
