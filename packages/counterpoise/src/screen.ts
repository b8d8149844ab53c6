import { CounterpoiseError, type ErrorCode } from './errors.js';
import type { LossEvidence } from './evidence.js';
import { isRecord, type PerTask, show } from './json.js';
import { forTask } from './options.js';

export type ReasonCode = 'absent' | 'not-finite' | 'no-scale';

/** Why a task did not get the weight that the method's formula gives. */
export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
}

/** How a method that divides by the size of a loss reads that size, which must not be negative. */
export interface Magnitude {
  /** Size |L| instead of L. `undefined`: the method has no such option. */
  readonly absolute: boolean | undefined;
  /** Size L - b. In the unit of the loss; a task that is not named has 0. */
  readonly lowerBound: PerTask;
}

/** A task that takes part in the step: present, with a finite loss. */
export interface ActiveTask {
  readonly task: string;
  /** Position in the list of all tasks. */
  readonly index: number;
  readonly loss: number;
  /** Size of the loss, >= 0, for methods with a `Magnitude`; else the loss itself. */
  readonly magnitude: number;
  readonly priority: number;
}

export interface Screened {
  readonly active: readonly ActiveTask[];
  /** K: the number of tasks that are not absent. */
  readonly present: number;
  readonly reasons: Record<string, Reason>;
}

/**
 * Sorts the losses of one step into active, absent and held back, once for all methods.
 * A task that is held back (not finite) still counts in K, so that one bad loss does not change the weights of the others.
 */
export function screen(
  method: string,
  evidence: LossEvidence,
  tasks: readonly string[],
  magnitude: Magnitude | undefined,
): Screened {
  checkNames('loss', lossesOf(evidence), tasks);
  checkNames('"mask" for loss', evidence.mask ?? {}, tasks);
  checkNames('"priorities" for loss', evidence.priorities ?? {}, tasks);
  const active: ActiveTask[] = [];
  const reasons: Record<string, Reason> = {};
  let present = 0;
  tasks.forEach((task, index) => {
    const priority = priorityOf(evidence, task);
    const loss = lossOf(evidence, task);
    if (loss === undefined) {
      reasons[task] = { code: 'absent', message: `loss "${task}" is absent: weight 0, statistics unchanged` };
      return;
    }
    present += 1;
    const size = Number.isFinite(loss) && magnitude ? sizeOf(method, task, loss, magnitude) : loss;
    if (Number.isFinite(size)) active.push({ task, index, loss, magnitude: size, priority });
    else {
      const message = `loss "${task}" is ${loss}: left out of the total, weight 0, statistics unchanged`;
      reasons[task] = { code: 'not-finite', message };
    }
  });
  return { active, present, reasons };
}

/** The losses, checked to be a record: a typed caller cannot pass anything else, a parsed JSON line can. */
export function lossesOf({ losses }: LossEvidence): LossEvidence['losses'] {
  if (!isRecord(losses)) {
    throw new CounterpoiseError('evidence', `"losses" must be an object of numbers by loss name, got ${show(losses)}`);
  }
  return losses;
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

function checkNames(what: string, record: object, tasks: readonly string[]): void {
  const unknown = Object.keys(record).find((name) => !tasks.includes(name));
  if (unknown !== undefined) {
    throw new CounterpoiseError(
      'evidence',
      `${what} "${unknown}" is unknown: the losses are ${tasks.join(', ')} and may not change between steps`,
    );
  }
}

function priorityOf({ priorities }: LossEvidence, task: string): number {
  if (!priorities || !Object.hasOwn(priorities, task)) return 1;
  const value = priorities[task];
  checkPriority('evidence', task, value);
  return value;
}

/** `undefined` for an absent task. */
function lossOf({ losses, mask }: LossEvidence, task: string): number | undefined {
  if (mask && Object.hasOwn(mask, task)) {
    const keep: unknown = mask[task];
    if (typeof keep !== 'boolean') {
      throw new CounterpoiseError('evidence', `"mask" for loss "${task}" must be true or false, got ${show(keep)}`);
    }
    if (!keep) return undefined;
  }
  const loss: unknown = Object.hasOwn(losses, task) ? losses[task] : undefined;
  if (loss !== undefined && typeof loss !== 'number') {
    throw new CounterpoiseError('evidence', `loss "${task}" must be a number, got ${show(loss)}`);
  }
  return loss;
}

function sizeOf(method: string, task: string, loss: number, { absolute, lowerBound }: Magnitude): number {
  const bound = forTask(lowerBound, task, 0);
  const size = absolute ? Math.abs(loss) : loss - bound;
  if (size < 0) {
    const remedies = absolute === undefined ? '"lowerBound"' : '"absolute" or "lowerBound"';
    throw new CounterpoiseError(
      'evidence',
      bound === 0
        ? `loss "${task}" must be at least 0 for ${method}, got ${loss}; for a signed loss set ${remedies}`
        : `loss "${task}" must be at least its "lowerBound" ${bound} for ${method}, got ${loss}`,
    );
  }
  // JSON turns -0 into 0; adding 0 does so before it can reach a state.
  return size + 0;
}
