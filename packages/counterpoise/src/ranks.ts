import { CounterpoiseError } from './errors.js';
import type { Evidence, Measurements, Need, Remarks } from './evidence.js';
import { type Json, show } from './json.js';
import { matrixOf } from './matrix.js';
import type { Method } from './method.js';
import { screen } from './screen.js';

const BY_TASK = ['gradientNorms', 'gradientMax', 'gradientMean'] as const;
const MATRICES = ['gramian', 'crossGramian'] as const;

type Shown = Remarks & Partial<Measurements>;

/**
 * This rank's part of the evidence as sums: add the vectors of all ranks (an all-reduce), give the result to
 * `unpackEvidence`, and every rank sees the same evidence. The length depends on the method and the tasks alone, never on
 * the data: a rank without a sample of a task adds zeros. A NaN stays one, so that all ranks hold the step back.
 *
 * Per task a count n and n L, and what `needs` declares: n times each norm, sqrt(n_i n_j) times entry ij of a matrix, which
 * after division by the same of the sums is the mean for equal counts and stays a matrix of dot products for any. These
 * are means over ranks of measurements (as EnCodec and jaxpi take them), not measurements of the mean gradient: for those
 * reduce the gradients first and show all ranks the same. `lossesAfter`, of another batch, counts once per rank.
 * Priorities are not merged: they must be the same everywhere. Where a method rests between its questions (`Balancer.needs`),
 * pass it as `{ ...method, needs: balancer.needs }`.
 */
export function packEvidence<N extends Need>(
  method: Method<Json, N>,
  tasks: readonly string[],
  evidence: Evidence<N>,
): Float64Array {
  const shown: Shown = evidence;
  const { reasons } = screen(method.name, [], shown, tasks, undefined);
  const counts = tasks.map((task) => (reasons[task]?.code === 'absent' ? 0 : countOf(shown, task)));
  // An absent task's numbers mean nothing, and 0 times NaN would not be 0.
  const sum = (count: number, value: () => number) => (count > 0 ? count * value() : 0);
  const after = tasks.map((task) => valueIn(shown.lossesAfter, task));
  const sums = [1, shown.losses ? 0 : 1, method.needs.includes('epoch') ? given(method, 'epoch', shown.epoch) : 0];
  sums.push(...counts);
  sums.push(...tasks.map((task, k) => sum(shown.losses ? counts[k]! : 0, () => valueIn(shown.losses, task)!)));
  sums.push(...after.map((value) => (value === undefined ? 0 : 1)), ...after.map((value) => value ?? 0));
  for (const need of BY_TASK) {
    if (!method.needs.includes(need)) continue;
    const values = need === 'gradientNorms' && !shown.gradientNorms ? rootsOf(shown, tasks) : shown[need];
    given(method, need, values);
    sums.push(...tasks.map((task, k) => sum(counts[k]!, () => numberOf(need, task, valueIn(values, task)))));
  }
  for (const need of MATRICES) {
    if (!method.needs.includes(need)) continue;
    const rows = matrixOf(need, given(method, need, shown[need]), tasks.length);
    sums.push(...rows.flatMap((row, i) => row.map((value, j) => sum(Math.sqrt(counts[i]! * counts[j]!), () => value))));
  }
  return Float64Array.from(sums);
}

/** The evidence of all ranks together, from the sum of their `packEvidence` vectors. */
export function unpackEvidence<N extends Need>(
  method: Method<Json, N>,
  tasks: readonly string[],
  sums: ArrayLike<number>,
): Evidence<N> {
  const size = tasks.length;
  const has = (need: Need) => method.needs.includes(need);
  const blocks = BY_TASK.filter(has).length + size * MATRICES.filter(has).length;
  const length = 3 + (4 + blocks) * size;
  if (sums.length !== length) {
    throw new CounterpoiseError('evidence', `reduced evidence must have ${length} numbers, got ${sums.length}`);
  }
  let at = 3;
  const block = () => Array.from({ length: size }, () => sums[at++]!);
  const record = (counts: readonly number[], values: readonly number[]) =>
    Object.fromEntries(tasks.flatMap((task, k) => (counts[k] === 0 ? [] : [[task, values[k]! / counts[k]!]])));
  const counts = block();
  const losses = record(counts, block());
  return {
    mask: Object.fromEntries(tasks.map((task, k) => [task, counts[k] !== 0])),
    ...(sums[1] === 0 && { losses }),
    lossesAfter: record(block(), block()),
    ...(has('epoch') && { epoch: sums[2]! / sums[0]! }),
    ...Object.fromEntries(BY_TASK.filter(has).map((need) => [need, record(counts, block())])),
    ...Object.fromEntries(
      MATRICES.filter(has).map((need) => [
        need,
        counts.map((a) => block().map((value, j) => (a * counts[j]! === 0 ? 0 : value / Math.sqrt(a * counts[j]!)))),
      ]),
    ),
  } as unknown as Evidence<N>;
}

function countOf({ counts }: Shown, task: string): number {
  const count = valueIn(counts, task) ?? 1;
  if (Number.isFinite(count) && count >= 0) return count;
  throw new CounterpoiseError('evidence', `"counts" of loss "${task}" must be in [0, inf), got ${show(count)}`);
}

/** Losses may be called `toString`. */
function valueIn(record: Readonly<Record<string, number | undefined>> | undefined, task: string): number | undefined {
  return record && Object.hasOwn(record, task) ? record[task] : undefined;
}

function numberOf(need: Need, task: string, value: unknown): number {
  if (typeof value === 'number') return value;
  throw new CounterpoiseError('evidence', `"${need}" of loss "${task}" must be a number, got ${show(value)}`);
}

function given<T>({ name }: Pick<Method, 'name'>, need: Need, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new CounterpoiseError('evidence', `${name} needs "${need}" in the evidence, got undefined`);
}

function rootsOf({ gramian }: Shown, tasks: readonly string[]) {
  if (gramian === undefined) return undefined;
  const rows = matrixOf('gramian', gramian, tasks.length);
  return Object.fromEntries(tasks.map((task, k) => [task, Math.sqrt(rows[k]![k]!)]));
}
