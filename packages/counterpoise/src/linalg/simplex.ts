import { aSize, nullable, perTask } from '../shapes.js';

/**
 * The point of the simplex {w >= 0, sum w = 1} nearest to x: w_i = max(0, x_i - tau), where the sorted x give the tau
 * for which the sum is 1 (Held, Wolfe & Crowder 1974). Exact; x may lie any distance away.
 */
export function projectSimplex(x: readonly number[]): number[] {
  // Adding one number to all of x moves the answer nowhere; with the top at 0 the sums below cannot lose the 1.
  const top = Math.max(...x);
  const y = x.map((value) => (value === top ? 0 : value - top));
  let sum = 0;
  let tau = 0;
  for (const [i, value] of [...y].sort((a, b) => b - a).entries()) {
    const next = (sum + value - 1) / (i + 1);
    if (!(value > next)) break;
    sum += value;
    tau = next;
  }
  return y.map((value) => Math.max(0, value - tau));
}

/** A point of the simplex that a method remembers, one share per task; `null` for a task that it has not met. */
export type Shares = readonly (number | null)[];

/** The memory half of a rule whose state is a point of the simplex. */
export const shares = {
  init: (tasks: readonly string[]): Shares => tasks.map(() => null),
  restore: (tasks: readonly string[], memory: unknown): Shares => perTask(tasks, memory, nullable(aSize)),
};

/**
 * The remembered shares of the tasks of one step, made to add up to 1: a new task has 1 / K, the others divide the rest
 * among them as before.
 */
export function sharesOf(memory: Shares, active: readonly { readonly index: number }[]): number[] {
  const own = active.map(({ index }) => memory[index] ?? null);
  const known = own.filter((share) => share !== null);
  const sum = known.reduce((total, share) => total + share, 0);
  const factor = sum > 0 ? known.length / active.length / sum : 0;
  return own.map((share) => (share === null || sum === 0 ? 1 / active.length : share * factor));
}

/** The memory after a step that left its tasks with these shares. */
export function withShares(memory: Shares, active: readonly { readonly index: number }[], values: readonly number[]) {
  const next = [...memory];
  active.forEach(({ index }, i) => {
    next[index] = values[i]!;
  });
  return next;
}
