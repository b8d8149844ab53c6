import { CounterpoiseError } from './errors.js';
import type { Evidence, Need } from './evidence.js';
import type { Json } from './json.js';
import { checkTaskOptions, type OptionSpecs, type OptionValues } from './options.js';
import { type Renormalisation, renormalise } from './renormalise.js';
import { type ActiveTask, checkTasks, type Magnitude, type Measured, type Reason, screen } from './screen.js';

/** Everything that a method remembers, as plain JSON: no NaN, no Infinity, no `undefined`, no -0. */
export interface MethodState<M extends Json = Json> {
  readonly tasks: readonly string[];
  readonly memory: M;
}

/** The answer of one step. Every record has every task as a key, except `reasons`. */
export interface Weighing {
  /** Factor on each raw loss; a constant for the gradient. Finite; 0 for absent and held back tasks. */
  readonly weights: Readonly<Record<string, number>>;
  /** Sum of `terms`. */
  readonly total: number;
  /** Weight times raw loss; 0 for absent and held back tasks, and in a step that shows no losses. */
  readonly terms: Readonly<Record<string, number>>;
  /** For each task that did not get its regular weight: why. */
  readonly reasons: Readonly<Record<string, Reason>>;
}

/**
 * A balancing method: a pair of pure functions over plain JSON state (the shape of an optax optimiser).
 * `update` never changes its arguments, so a state can be kept, sent, replayed and resumed bit for bit.
 */
export interface Method<M extends Json = Json, N extends Need = 'losses'> {
  readonly name: string;
  /** What `update` asks for. */
  readonly needs: readonly Need[];
  /** What the next `update` asks for: less than `needs` where a step takes old weights and so needs no measurement. */
  needsNow(state: MethodState<M>): readonly Need[];
  /** All options, defaults filled in. */
  readonly options: OptionValues;
  /** What the method is made of: wrappers build on it. */
  readonly rule: Rule<M, Need>;
  /** State before the first step. Throws on an empty list, a name given twice, or per-task options that do not fit. */
  init(tasks: readonly string[]): MethodState<M>;
  /** State from a parsed JSON memory. Throws when it is not one that this method could have written. */
  restore(tasks: readonly string[], memory: unknown): MethodState<M>;
  /**
   * Weights for one optimiser step, and the state after it: the very same object when a loss or gradient was not finite,
   * for such a step is not taken. Throws a `CounterpoiseError` on evidence that it cannot use.
   */
  update(evidence: Evidence<N>, state: MethodState<M>): Weighing & { readonly state: MethodState<M> };
}

/** The step as a rule sees it: absent and non-finite tasks are already taken out of everything. */
export interface Step extends Measured {
  readonly active: readonly ActiveTask[];
  /** K: active tasks plus those held back for a non-finite loss. */
  readonly present: number;
}

/** Weights of one step before priorities. */
export interface Weights<M extends Json> {
  /** One per active task, in their order; `null` where the task gives nothing to weigh it by: it then weighs 1 / K. */
  readonly weights: readonly (number | null)[];
  readonly memory: M;
  /** Why tasks did not get the weight of the formula, by task name. */
  readonly reasons?: Readonly<Record<string, Reason>>;
}

/** What the author of a method writes. Priorities, masks, bad numbers and the total are the business of `defineMethod`. */
export interface Rule<M extends Json, N extends Need = 'losses'> {
  readonly name: string;
  readonly needs: readonly N[];
  readonly specs: OptionSpecs;
  readonly options: OptionValues;
  /** Set by methods that divide by the size of a loss: negative sizes are then refused. */
  readonly magnitude?: Magnitude;
  readonly renormalise?: Renormalisation;
  init(tasks: readonly string[]): M;
  restore(tasks: readonly string[], memory: unknown): M;
  /** What the step after `memory` needs, where that is less than `needs`. */
  needsNow?(memory: M): readonly Need[];
  /** Must not change `memory`. */
  weigh(step: Step, memory: M): Weights<M>;
}

export function defineMethod<M extends Json, N extends Need = 'losses'>(rule: Rule<M, N>): Method<M, N> {
  const prepare = (tasks: readonly string[]) => {
    checkTasks(tasks);
    checkTaskOptions(rule.specs, rule.options, tasks);
    return [...tasks];
  };
  const needsNow = ({ memory }: MethodState<M>) => rule.needsNow?.(memory) ?? rule.needs;
  return {
    name: rule.name,
    needs: rule.needs,
    needsNow,
    options: rule.options,
    rule,
    init: (tasks) => ({ tasks: prepare(tasks), memory: rule.init(tasks) }),
    restore: (tasks, memory) => ({ tasks: prepare(tasks), memory: rule.restore(tasks, memory) }),
    update(evidence, state) {
      const { active, present, measured, reasons } = screen(
        rule.name,
        needsNow(state),
        evidence,
        state.tasks,
        rule.magnitude,
      );
      const isHeld = active.length < present;
      const { weights: raw, memory, reasons: own } = rule.weigh({ active, present, ...measured }, state.memory);
      Object.assign(reasons, own);
      const prioritised = active.map(({ task, priority }, i) => {
        const weight = raw[i];
        if (weight === undefined) throw new Error(`internal: ${rule.name} gave no weight for loss "${task}"`);
        // Adding 0 turns -0 into 0.
        if (weight !== null) return priority * weight + 0;
        const message = `loss "${task}" has shown no positive size on record yet: its weight is priority / ${present}`;
        reasons[task] ??= { code: 'no-scale', message };
        return priority / present;
      });
      const final = renormalise(rule.renormalise ?? 'none', active, prioritised);
      const next = isHeld ? state : { tasks: state.tasks, memory };
      return { ...assemble(rule.name, state.tasks, active, final), reasons, state: next };
    },
  };
}

function assemble(method: string, tasks: readonly string[], active: readonly ActiveTask[], values: readonly number[]) {
  const weights = Object.fromEntries(tasks.map((task) => [task, 0]));
  const terms = { ...weights };
  let total = 0;
  active.forEach(({ task, loss, priority }, i) => {
    const weight = values[i] as number;
    if (!Number.isFinite(weight)) {
      throw new CounterpoiseError(
        'evidence',
        `${method}: the weight of loss "${task}" overflows (priority ${priority}, loss ${loss}); lower the priority or raise "epsilon"`,
      );
    }
    weights[task] = weight;
    const term = weight * loss + 0;
    terms[task] = term;
    total += term;
  });
  return { weights, terms, total };
}
