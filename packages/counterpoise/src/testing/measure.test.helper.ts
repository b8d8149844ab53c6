import { Balancer } from '../balancer.js';
import { CounterpoiseError } from '../errors.js';
import type { Need } from '../evidence.js';
import type { Json } from '../json.js';
import { dot } from '../linalg/vectors.js';
import type { Method, Weighing } from '../method.js';
import type { Property } from '../method-row.js';
import { evidenceOf, type Frame, makeRuns, type Run, reordered, scaled } from './runs.test.helper.js';

/** A method of any needs, given all measurements there are. */
export type AnyMethod = Method<Json, Need>;

export function play(method: AnyMethod, { tasks, frames }: Pick<Run, 'tasks' | 'frames'>): Weighing[] {
  const balancer = new Balancer(method, { tasks });
  return frames.map((frame) => balancer.weigh(evidenceOf(tasks, frame)));
}

/** The update sum_k w_k g_k, and sum_k |w_k| |g_k|: what its round-off is measured by. */
export function updateOf(frame: Frame, weights: readonly number[]): { update: number[]; size: number } {
  const update = frame.rows[0]!.map((_, i) =>
    dot(
      weights,
      frame.rows.map((row) => row[i]!),
    ),
  );
  const size = dot(
    weights.map(Math.abs),
    frame.rows.map((row) => Math.hypot(...row)),
  );
  return { update, size };
}

/** Largest difference of two lists over their largest entry. */
export function deviation(a: readonly number[], b: readonly number[]): number {
  const largest = Math.max(...a.map(Math.abs), ...b.map(Math.abs));
  return largest === 0 ? 0 : Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / largest;
}

const independent = makeRuns(40, { kinds: ['random', 'conflicting'], seed: 2 });
const all = makeRuns(60, { seed: 3 });
const tiny = all.map((run) => {
  const factors = run.tasks.map(() => 1e-4);
  return { ...run, frames: run.frames.map((frame) => scaled(frame, factors)) };
});
const forward = makeRuns(60, { kinds: ['forward'], seed: 4 });

/** Below the first the property holds, up to round-off and the small epsilons of methods; above the second it does not. */
const [EXACT, BROKEN] = [1e-5, 1e-3];

function holds(what: string, worst: number, exact = EXACT): boolean {
  if (worst > exact && worst < BROKEN) throw new Error(`${what}: a deviation of ${worst} is no verdict`);
  return worst <= exact;
}

const weightsOf = (tasks: readonly string[], { weights }: Weighing) => tasks.map((task) => weights[task]!);

function bothOf(tasks: readonly string[], ...records: readonly [Weighing['terms'], Weighing['terms']]) {
  return records.map((record) => tasks.map((task) => record[task]!)) as unknown as [number[], number[]];
}

/** Worst deviation over all runs and steps. */
function worstOf(runs: readonly Run[], of: (run: Run, n: number) => readonly number[]): number {
  return Math.max(...runs.flatMap(of));
}

const measures: Readonly<Record<Property, (method: AnyMethod) => boolean>> = {
  scaleFree: (method) =>
    holds(
      'scaleFree',
      worstOf(independent, ({ tasks, frames }, n) => {
        const factors = tasks.map((_, k) => (k === n % tasks.length ? [8, 1000, 1e5][n % 3]! : 1));
        const plain = play(method, { tasks, frames });
        const turned = play(method, { tasks, frames: frames.map((frame) => scaled(frame, factors)) });
        return plain.map(({ terms, reasons }, i) => {
          // While a scale is not known yet, no method can be free of it.
          const known = tasks.filter((task) => reasons[task]?.code !== 'no-scale');
          return known.length === 0 ? 0 : deviation(...bothOf(known, terms, turned[i]!.terms));
        });
      }),
    ),

  stateless: (method) =>
    all.every(({ tasks, frames }) => {
      const alone = play(method, { tasks, frames: frames.slice(-1) }).at(-1)!;
      return deviation(weightsOf(tasks, alone), weightsOf(tasks, play(method, { tasks, frames }).at(-1)!)) === 0;
    }),

  signed: (method) => {
    const frame = { ...all[0]!.frames[0]!, losses: all[0]!.tasks.map(() => -1) };
    try {
      play(method, { tasks: all[0]!.tasks, frames: [frame] });
      return true;
    } catch (error) {
      if (error instanceof CounterpoiseError && /loss "class" must be at least 0/.test(error.message)) return false;
      throw error;
    }
  },

  symmetric: (method) =>
    holds(
      'symmetric',
      worstOf(independent, ({ tasks, frames }, n) => {
        const order = tasks.map((_, k) => (n % 2 === 0 ? tasks.length - 1 - k : (k + 1) % tasks.length));
        const names = order.map((k) => tasks[k]!);
        const plain = play(method, { tasks, frames });
        const turned = play(method, { tasks: names, frames: frames.map((frame) => reordered(frame, order)) });
        return plain.map((weighing, i) => deviation(weightsOf(tasks, weighing), weightsOf(tasks, turned[i]!)));
      }),
    ),

  linear: (method) =>
    holds(
      'linear',
      worstOf(independent, ({ tasks, frames }, n) => {
        const a = tasks.map((_, k) => 1 + ((k + n) % 3));
        const b = tasks.map((_, k) => 2 - ((k * n) % 2));
        const update = (factors: readonly number[]) => {
          const turned = frames.map((frame) => scaled(frame, factors));
          return play(method, { tasks, frames: turned }).map((weighing, i) =>
            updateOf(turned[i]!, weightsOf(tasks, weighing)),
          );
        };
        const [ofA, ofB, ofSum] = [update(a), update(b), update(a.map((value, k) => value + b[k]!))];
        return ofSum.map(({ update, size }, i) => {
          const off = update.map((value, j) => Math.abs(value - ofA[i]!.update[j]! - ofB[i]!.update[j]!));
          return Math.max(...off) / (size + ofA[i]!.size + ofB[i]!.size);
        });
      }),
    ),

  nonConflicting: (method) =>
    holds(
      'nonConflicting',
      worstOf([...all, ...independent], ({ tasks, frames }) =>
        play(method, { tasks, frames }).map((weighing, i) => {
          if (Object.values(weighing.reasons).some(({ code }) => code === 'fallback')) return 0;
          const { update, size } = updateOf(frames[i]!, weightsOf(tasks, weighing));
          // The worst cosine against the update, as a share of the lengths that were added up for it.
          const against = frames[i]!.rows.map((row) => -dot(row, update) / (Math.hypot(...row) * size || 1));
          return Math.max(0, ...against);
        }),
      ),
      1e-9,
    ),

  stationary: (method) => {
    const sees = method.needs.some((need) => need !== 'losses' && need !== 'epoch');
    const runs = sees ? forward : [...all, ...tiny];
    return runs.every(({ tasks, frames }) =>
      play(method, { tasks, frames }).every((weighing, i) => {
        const weights = weightsOf(tasks, weighing);
        // Weights blind to gradients: with both signs among them, gradients along one line would cancel.
        if (!sees) return weights.some((w) => w !== 0) && !(weights.some((w) => w < 0) && weights.some((w) => w > 0));
        const { update, size } = updateOf(frames[i]!, weights);
        return Math.hypot(...update) > 1e-9 * size;
      }),
    );
  },
};

/** What holds for a method, as far as a search for a counterexample can say. */
export function measureProperties(method: AnyMethod): readonly Property[] {
  return (Object.keys(measures) as Property[]).filter((property) => measures[property](method));
}
