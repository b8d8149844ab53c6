import { CounterpoiseError } from './errors.js';
import type { Evidence, Need } from './evidence.js';
import type { Json } from './json.js';
import { checkTaskOptions, type OptionSpecs, type OptionValues } from './options.js';
import { type Renormalisation, renormalise } from './renormalise.js';
import { type ActiveTask, checkTasks, type Magnitude, type Reason, screen } from './screen.js';

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
  /** Weight times raw loss; 0 for absent and held back tasks. */
  readonly terms: Readonly<Record<string, number>>;
  /** For each task that did not get its regular weight: why. */
  readonly reasons: Readonly<Record<string, Reason>>;
}

/**
 * A balancing method: a pair of pure functions over plain JSON state (the shape of an optax optimiser).
 * `update` never changes its arguments, so a state can be kept, sent, replayed and resumed bit for bit.
 */
export interface Method<M extends Json = Json, N extends Need = never> {
  readonly name: string;
  /** What `update` asks for besides the losses. */
  readonly needs: readonly Need[];
  /** All options, defaults filled in. */
  readonly options: OptionValues;
  /** State before the first step. Throws on an empty list, a name given twice, or per-task options that do not fit. */
  init(tasks: readonly string[]): MethodState<M>;
  /** State from a parsed JSON memory. Throws when it is not one that this method could have written. */
  restore(tasks: readonly string[], memory: unknown): MethodState<M>;
  /** Weights for one optimiser step, and the state after it. Throws a `CounterpoiseError` on evidence that it cannot use. */
  update(evidence: Evidence<N>, state: MethodState<M>): Weighing & { readonly state: MethodState<M> };
}

/** The step as a rule sees it: absent and non-finite tasks are already taken out. */
export interface Step<N extends Need = never> {
  readonly active: readonly ActiveTask[];
  /** K: active tasks plus those held back for a non-finite loss. */
  readonly present: number;
  readonly evidence: Evidence<N>;
}

/** What the author of a method writes. Priorities, masks, bad numbers and the total are the business of `defineMethod`. */
export interface Rule<M extends Json, N extends Need = never> {
  readonly name: string;
  readonly needs: readonly N[];
  readonly specs: OptionSpecs;
  readonly options: OptionValues;
  /** Set by methods that divide by the size of a loss: negative sizes are then refused. */
  readonly magnitude?: Magnitude;
  readonly renormalise?: Renormalisation;
  init(tasks: readonly string[]): M;
  restore(tasks: readonly string[], memory: unknown): M;
  /**
   * Weight of each active task before its priority, in the order of `step.active`; `null` where the scale of the task
   * is not known yet. Must not change `memory`.
   */
  weigh(step: Step<N>, memory: M): { readonly weights: readonly (number | null)[]; readonly memory: M };
}

export function defineMethod<M extends Json, N extends Need = never>(rule: Rule<M, N>): Method<M, N> {
  const prepare = (tasks: readonly string[]) => {
    checkTasks(tasks);
    checkTaskOptions(rule.specs, rule.options, tasks);
    return [...tasks];
  };
  return {
    name: rule.name,
    needs: rule.needs,
    options: rule.options,
    init: (tasks) => ({ tasks: prepare(tasks), memory: rule.init(tasks) }),
    restore: (tasks, memory) => ({ tasks: prepare(tasks), memory: rule.restore(tasks, memory) }),
    update(evidence, state) {
      for (const need of rule.needs) {
        if (evidence[need] === undefined) {
          throw new CounterpoiseError('evidence', `${rule.name} needs "${need}" in the evidence, got undefined`);
        }
      }
      const { active, present, reasons } = screen(rule.name, evidence, state.tasks, rule.magnitude);
      const { weights: raw, memory } = rule.weigh({ active, present, evidence }, state.memory);
      const prioritised = active.map(({ task, priority }, i) => {
        const weight = raw[i];
        if (weight === undefined) throw new Error(`internal: ${rule.name} gave no weight for loss "${task}"`);
        if (weight !== null) return priority * weight;
        const message = `loss "${task}" has shown no positive size on record yet: its weight is priority / ${present}`;
        reasons[task] = { code: 'no-scale', message };
        return priority / present;
      });
      const final = renormalise(rule.renormalise ?? 'none', active, prioritised);
      return { ...assemble(rule.name, state.tasks, active, final), reasons, state: { tasks: state.tasks, memory } };
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
    terms[task] = weight * loss;
    total += weight * loss;
  });
  return { weights, terms, total };
}
