import { CounterpoiseError } from '../../errors.js';
import { show } from '../../json.js';
import { checkTasks } from '../../screen.js';

type WeightRecord = Readonly<Record<string, number>>;

/** More runs than anyone makes: a larger grid is a slip in its arguments, and would fill the memory. */
const LARGEST_GRID = 1e6;

function checkCount(count: number): void {
  if (count > LARGEST_GRID) {
    throw new CounterpoiseError('option', `the grid must have at most ${LARGEST_GRID} points, got ${count}`);
  }
}

/** Every row of `values` put before every one of the `rest`. */
const prefixed = (values: readonly number[], rest: (value: number) => readonly (readonly number[])[]) =>
  values.flatMap((value) => rest(value).map((row) => [value, ...row]));

const byTask = (tasks: readonly string[], rows: readonly (readonly number[])[]): WeightRecord[] =>
  rows.map((row) => Object.fromEntries(tasks.map((task, k) => [task, row[k] as number])));

/**
 * Weights for a search with `static`: all points of the simplex whose weights are multiples of 1 / divisions with sum 1,
 * corners (weight 0) included; (divisions + K - 1 choose K - 1) of them. For losses of like scale.
 */
export function simplexGrid(tasks: readonly string[], divisions: number): WeightRecord[] {
  checkTasks(tasks);
  if (!Number.isSafeInteger(divisions) || divisions < 1) {
    throw new CounterpoiseError('option', `"divisions" must be an integer in [1, inf), got ${show(divisions)}`);
  }
  let count = 1;
  for (let k = 1; k < tasks.length; k++) count *= (divisions + k) / k;
  checkCount(Math.round(count));
  const parts = (left: number, places: number): readonly (readonly number[])[] => {
    if (places === 1) return [[left]];
    return prefixed(
      Array.from({ length: left + 1 }, (_, i) => i),
      (first) => parts(left - first, places - 1),
    );
  };
  const rows = parts(divisions, tasks.length);
  return byTask(
    tasks,
    rows.map((row) => row.map((part) => part / divisions)),
  );
}

/**
 * Weights for a search with `static` over losses of unlike scale: the first task has weight 1, every other one each of the
 * `ratios`, such as [0.01, 0.1, 1, 10, 100], in all combinations; ratios^(K - 1) of them.
 */
export function logGrid(tasks: readonly string[], ratios: readonly number[]): WeightRecord[] {
  checkTasks(tasks);
  if (ratios.length === 0 || !ratios.every((ratio) => Number.isFinite(ratio) && ratio > 0)) {
    throw new CounterpoiseError('option', `"ratios" must be numbers in (0, inf), at least one, got ${show(ratios)}`);
  }
  checkCount(ratios.length ** (tasks.length - 1));
  const combinations = (places: number): readonly (readonly number[])[] =>
    places === 0 ? [[]] : prefixed(ratios, () => combinations(places - 1));
  return byTask(
    tasks,
    combinations(tasks.length - 1).map((row) => [1, ...row]),
  );
}
