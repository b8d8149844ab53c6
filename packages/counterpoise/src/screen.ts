import { CounterpoiseError, type ErrorCode } from './errors.js';
import type { Measurements, Need, Remarks } from './evidence.js';
import { isRecord, type PerTask, show } from './json.js';
import { gramianOf, type Matrix, matrixOf, submatrix } from './matrix.js';
import { forTask } from './options.js';

/**
 * `absent`: no loss in this step. `not-finite`: a loss or gradient is NaN or infinite. `no-scale`: the task has shown no
 * positive size yet. `no-gradient`: its gradient is zero, so that it has no say in the direction of the others.
 * `fallback`: the method's equations have no solution for this step, and the message says what was taken in its place.
 */
export type ReasonCode = 'absent' | 'not-finite' | 'no-scale' | 'no-gradient' | 'fallback';

/** Why a task did not get the weight that the method's formula gives. */
export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
}

/** How a method that divides by the size of a loss reads that size, which must not be negative. */
export interface Magnitude {
  /** Size |L| instead of L. `undefined`: the method has no such option. */
  readonly absolute: boolean | undefined;
  /** Size L - b. In the unit of the loss; a task that is not named has 0. `undefined`: the method has no such option. */
  readonly lowerBound: PerTask | undefined;
  /** Weights of tasks whose size does not matter: one number for all, or those named. */
  readonly fixed?: PerTask | null;
}

/** A task that takes part in the step: present, with finite measurements. */
export interface ActiveTask {
  readonly task: string;
  /** Position in the list of all tasks. */
  readonly index: number;
  /** 0 in a step that shows no losses. */
  readonly loss: number;
  /** Size of the loss, >= 0, for methods with a `Magnitude`; else the loss itself. */
  readonly magnitude: number;
  readonly priority: number;
}

/** The measurements of the active tasks, in their order; what the method does not need is empty. */
export interface Measured {
  readonly gradientNorms: readonly number[];
  readonly gradientMax: readonly number[];
  readonly gradientMean: readonly number[];
  /** Symmetric, with a diagonal >= 0. */
  readonly gramian: Matrix;
  readonly crossGramian: Matrix;
  readonly epoch: number;
  /** Losses of the batch before, measured after its update; `undefined` where the step does not show one. */
  readonly lossesAfter: readonly (number | undefined)[];
}

export interface Screened {
  readonly active: readonly ActiveTask[];
  /** K: the number of tasks that are not absent. */
  readonly present: number;
  readonly measured: Measured;
  readonly reasons: Record<string, Reason>;
}

type Shown = Remarks & Partial<Measurements>;
type TaskRecord = 'losses' | 'gradientNorms' | 'gradientMax' | 'gradientMean';

/**
 * Sorts the tasks of one step into active, absent and held back, once for all methods.
 * A task that is held back (not finite) still counts in K, so that one bad loss does not change the weights of the others.
 */
export function screen(
  method: string,
  needs: readonly Need[],
  shown: Shown,
  tasks: readonly string[],
  magnitude: Magnitude | undefined,
): Screened {
  const evidence = withNorms(needs, shown, tasks);
  for (const need of needs) {
    if (evidence[need] === undefined) {
      throw new CounterpoiseError('evidence', `${method} needs "${need}" in the evidence, got undefined`);
    }
  }
  for (const [what, record] of Object.entries({ loss: evidence.losses, ...namedRecords(evidence) })) {
    checkNames(what, record ?? {}, tasks);
  }
  const gramian = needs.includes('gramian') ? matrixOf('gramian', evidence.gramian, tasks.length) : [];
  const crossGramian = needs.includes('crossGramian')
    ? matrixOf('crossGramian', evidence.crossGramian, tasks.length)
    : [];
  const norms = (['gradientNorms', 'gradientMax', 'gradientMean'] as const).filter((need) => needs.includes(need));

  const active: ActiveTask[] = [];
  const reasons: Record<string, Reason> = {};
  let present = 0;
  tasks.forEach((task, index) => {
    const priority = priorityOf(evidence, task);
    if (isAbsent(evidence, task)) {
      reasons[task] = { code: 'absent', message: `loss "${task}" is absent: weight 0, statistics unchanged` };
      return;
    }
    present += 1;
    const loss = evidence.losses ? numberIn('losses', evidence, task) : 0;
    const size = Number.isFinite(loss) && magnitude ? sizeOf(method, task, loss, magnitude) : loss;
    const measures = [
      [`loss "${task}"`, size === loss ? loss : Number.isFinite(size) ? size : loss],
      ...norms.map((need) => [`"${need}" of loss "${task}"`, numberIn(need, evidence, task)] as const),
      ...(gramian.length > 0 ? [[`"gramian"[${index}][${index}]`, gramian[index]![index]!] as const] : []),
      ...(crossGramian.length > 0
        ? [[`"crossGramian"[${index}][${index}]`, crossGramian[index]![index]!] as const]
        : []),
    ] as const;
    const bad = measures.find(([, value]) => !Number.isFinite(value));
    if (!bad && Number.isFinite(size)) active.push({ task, index, loss, magnitude: size, priority });
    else {
      const [what, value] = bad ?? [`size of loss "${task}"`, size];
      const message = `${what} is ${value}: left out of the total, weight 0; this step changes no statistics`;
      reasons[task] = { code: 'not-finite', message };
    }
  });

  const indices = active.map(({ index }) => index);
  const values = (need: TaskRecord) =>
    needs.includes(need) ? active.map(({ task }) => normOf(need, evidence, task)) : [];
  const measured: Measured = {
    gradientNorms: values('gradientNorms'),
    gradientMax: values('gradientMax'),
    gradientMean: values('gradientMean'),
    gramian: gramianOf(submatrix('gramian', gramian, indices)),
    crossGramian: submatrix('crossGramian', crossGramian, indices),
    epoch: needs.includes('epoch') ? epochOf(evidence.epoch) : 0,
    lossesAfter: active.map(({ task }) => lossAfter(evidence, task)),
  };
  return { active, present, measured, reasons };
}

/** The norms are in the Gramian already. */
function withNorms(needs: readonly Need[], evidence: Shown, tasks: readonly string[]): Shown {
  if (!needs.includes('gradientNorms') || evidence.gradientNorms !== undefined || evidence.gramian === undefined) {
    return evidence;
  }
  const gramian = matrixOf('gramian', evidence.gramian, tasks.length);
  const norm = (k: number) => {
    const square = gramian[k]![k]!;
    if (square < 0) throw new CounterpoiseError('evidence', `"gramian"[${k}][${k}] must be at least 0, got ${square}`);
    return Math.sqrt(square);
  };
  return { ...evidence, gradientNorms: Object.fromEntries(tasks.map((task, k) => [task, norm(k)])) };
}

function namedRecords({ mask, priorities, counts, lossesAfter, gradientNorms, gradientMax, gradientMean }: Shown) {
  return {
    '"mask" for loss': mask,
    '"priorities" for loss': priorities,
    '"counts" for loss': counts,
    '"lossesAfter" for loss': lossesAfter,
    '"gradientNorms" for loss': gradientNorms,
    '"gradientMax" for loss': gradientMax,
    '"gradientMean" for loss': gradientMean,
  };
}

/** Throws unless the names can serve as tasks. */
export function checkTasks(tasks: readonly string[]): void {
  if (tasks.length === 0) throw new CounterpoiseError('evidence', '"tasks" must name at least one loss, got none');
  for (const task of tasks) {
    // Results are plain objects by task name, and this key would set their prototype instead.
    if (typeof task !== 'string' || task === '' || task === '__proto__') {
      throw new CounterpoiseError(
        'evidence',
        `a loss name must be a non-empty string other than "__proto__", got ${show(task)}`,
      );
    }
  }
  const twice = tasks.find((task, i) => tasks.indexOf(task) !== i);
  if (twice !== undefined) throw new CounterpoiseError('evidence', `"tasks" names loss "${twice}" twice`);
}

/** Throws unless the value can serve as a priority. */
export function checkPriority(code: ErrorCode, task: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new CounterpoiseError(code, `priority of loss "${task}" must be in [0, inf), got ${show(value)}`);
  }
}

function checkNames(what: string, record: unknown, tasks: readonly string[]): void {
  if (!isRecord(record)) {
    const field = what === 'loss' ? '"losses"' : what.replace(' for loss', '');
    throw new CounterpoiseError('evidence', `${field} must be an object by loss name, got ${show(record)}`);
  }
  // Nearly always in the order of the tasks: then this is one comparison per name.
  const unknown = Object.keys(record).find((name, i) => name !== tasks[i] && !tasks.includes(name));
  if (unknown !== undefined) {
    throw new CounterpoiseError(
      'evidence',
      `${what} "${unknown}" is unknown: the losses are ${tasks.join(', ')} and may not change between steps`,
    );
  }
}

function priorityOf({ priorities }: Shown, task: string): number {
  if (!priorities || !Object.hasOwn(priorities, task)) return 1;
  const value = priorities[task];
  checkPriority('evidence', task, value);
  return value;
}

function isAbsent({ losses, mask }: Shown, task: string): boolean {
  if (mask && Object.hasOwn(mask, task)) {
    const keep: unknown = mask[task];
    if (typeof keep !== 'boolean') {
      throw new CounterpoiseError('evidence', `"mask" for loss "${task}" must be true or false, got ${show(keep)}`);
    }
    if (!keep) return true;
  }
  return losses !== undefined && (!Object.hasOwn(losses, task) || losses[task] === undefined);
}

function numberIn(record: TaskRecord, evidence: Shown, task: string): number {
  const values = evidence[record] as Readonly<Record<string, unknown>>;
  const value = Object.hasOwn(values, task) ? values[task] : undefined;
  if (typeof value !== 'number') {
    const what = record === 'losses' ? `loss "${task}"` : `"${record}" of loss "${task}"`;
    throw new CounterpoiseError('evidence', `${what} must be a number, got ${show(value)}`);
  }
  return value;
}

function normOf(record: TaskRecord, evidence: Shown, task: string): number {
  const value = numberIn(record, evidence, task);
  if (value < 0) {
    throw new CounterpoiseError('evidence', `"${record}" of loss "${task}" must be at least 0, got ${value}`);
  }
  return value;
}

function lossAfter({ lossesAfter }: Shown, task: string): number | undefined {
  const value: unknown = lossesAfter && Object.hasOwn(lossesAfter, task) ? lossesAfter[task] : undefined;
  if (value !== undefined && typeof value !== 'number') {
    throw new CounterpoiseError('evidence', `"lossesAfter" for loss "${task}" must be a number, got ${show(value)}`);
  }
  return Number.isFinite(value) ? value : undefined;
}

function epochOf(epoch: unknown): number {
  if (!Number.isSafeInteger(epoch) || (epoch as number) < 0) {
    throw new CounterpoiseError('evidence', `"epoch" must be an integer of at least 0, got ${show(epoch)}`);
  }
  return epoch as number;
}

function sizeOf(method: string, task: string, loss: number, { absolute, lowerBound, fixed }: Magnitude): number {
  if (typeof fixed === 'number' || (fixed && Object.hasOwn(fixed, task))) return loss + 0;
  const bound = forTask(lowerBound ?? 0, task, 0);
  const size = absolute ? Math.abs(loss) : loss - bound;
  if (size < 0) {
    const remedies = [absolute === undefined ? '' : '"absolute"', lowerBound === undefined ? '' : '"lowerBound"'];
    const remedy = remedies.filter((name) => name !== '').join(' or ');
    throw new CounterpoiseError(
      'evidence',
      bound === 0
        ? `loss "${task}" must be at least 0 for ${method}, got ${loss}${remedy ? `; for a signed loss set ${remedy}` : ''}`
        : `loss "${task}" must be at least its "lowerBound" ${bound} for ${method}, got ${loss}`,
    );
  }
  // JSON turns -0 into 0; adding 0 does so before it can reach a state.
  return size + 0;
}
