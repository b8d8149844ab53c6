import { type BalancerState, readBalancerState } from './balancer-state.js';
import { createMethod, type NeedsOf, type OptionsOf } from './create-method.js';
import { CounterpoiseError } from './errors.js';
import { type Evidence, type Need, tasksOf } from './evidence.js';
import type { Json } from './json.js';
import type { Method, MethodState, Weighing } from './method.js';
import { packEvidence, unpackEvidence } from './ranks.js';
import { checkPriority } from './screen.js';

export interface BalancerSettings {
  /** Names of all losses. Default: those of the first step, which must then show every loss (`undefined` where absent). */
  readonly tasks?: readonly string[];
  /** Priorities gamma by loss name. Range [0, inf), default 1. */
  readonly priorities?: Readonly<Record<string, number>>;
  /**
   * Adds up the vector of this rank and those of all other ranks, so that every rank weighs the same: an all-reduce, called
   * once per `weigh` whatever the data. Needs `tasks`. For an asynchronous one see `packEvidence`.
   */
  readonly reduce?: (sums: Float64Array) => ArrayLike<number>;
}

/** Holds the state of a method for a training loop: one `weigh` per optimiser step, and never in validation. */
export class Balancer<N extends Need = 'losses'> {
  readonly method: Method<Json, N>;
  readonly priorities: Readonly<Record<string, number>>;
  readonly #givenTasks: readonly string[] | null;
  readonly #reduce: BalancerSettings['reduce'];
  #state: MethodState | null;
  #steps = 0;

  constructor(method: Method<Json, N>, { tasks, priorities = {}, reduce }: BalancerSettings = {}) {
    this.method = method;
    this.#reduce = reduce;
    if (reduce && !tasks) {
      throw new CounterpoiseError('option', '"reduce" needs "tasks": a rank may not show every loss in its first step');
    }
    this.#givenTasks = tasks ? [...tasks] : null;
    this.#state = tasks ? method.init(tasks) : null;
    this.priorities = { ...priorities };
    for (const [task, priority] of Object.entries(priorities)) {
      checkPriority('option', task, priority);
      if (tasks && !tasks.includes(task)) {
        throw new CounterpoiseError(
          'option',
          `"priorities" names loss "${task}", but the losses are ${tasks.join(', ')}`,
        );
      }
    }
  }

  /** Names of the losses, or `null` before the first step when none were given. */
  get tasks(): readonly string[] | null {
    return this.#state?.tasks ?? null;
  }

  /** Calls of `weigh` since the start or the last `reset`, those with a loss or gradient that was not finite left out. */
  get steps(): number {
    return this.#steps;
  }

  /** What the next `weigh` asks for: what the method needs, or less where it takes old weights (`updateEvery`, `freeze`). */
  get needs(): readonly Need[] {
    return this.#state ? this.method.needsNow(this.#state) : this.method.needs;
  }

  /** Weights for this step. On an error, and when a loss or gradient is not finite, the state stays as it was. Priorities in the evidence take the place of the balancer's. */
  weigh(evidence: Evidence<N>): Weighing {
    const before = this.#state ?? this.method.init(tasksOf(evidence));
    const priorities = evidence.priorities ?? this.priorities;
    const asking = { ...this.method, needs: this.needs };
    const merged = this.#reduce
      ? unpackEvidence(asking, before.tasks, this.#reduce(packEvidence(asking, before.tasks, evidence)))
      : evidence;
    const { state, ...weighing } = this.method.update({ ...merged, priorities }, before);
    if (state !== before) {
      this.#state = state;
      this.#steps += 1;
    }
    return weighing;
  }

  /** A copy of everything that is needed to go on, as plain JSON. */
  state(): BalancerState {
    const state = {
      version: 1,
      method: this.method.name,
      options: this.method.options,
      tasks: this.tasks,
      state: this.#state?.memory ?? null,
      steps: this.#steps,
    } satisfies BalancerState;
    return JSON.parse(JSON.stringify(state));
  }

  /**
   * Goes on from a `state()`, bit for bit. Throws a `CounterpoiseError` with code `state`, and changes nothing, when it
   * has another version, method, options or losses, or is damaged.
   */
  load(json: unknown): void {
    const saved = readBalancerState(json, this.method, this.tasks);
    this.#state = saved.tasks ? this.method.restore(saved.tasks, saved.state) : null;
    this.#steps = saved.steps;
  }

  /** Forgets everything, as before the first step: for a new schedule phase or curriculum stage. */
  reset(): void {
    this.#state = this.#givenTasks ? this.method.init(this.#givenTasks) : null;
    this.#steps = 0;
  }
}

/**
 * A balancer of a method by its name.
 *
 * @example
 * const balancer = createBalancer('running-max', { options: { decay: 0.99 }, priorities: { box: 2 } });
 * const { weights, total } = balancer.weigh({ losses: { class: 2.3, box: 41000 } });
 */
export function createBalancer<K extends string>(
  name: K,
  { options, ...settings }: BalancerSettings & { readonly options?: OptionsOf<K> } = {},
): Balancer<NeedsOf<K>> {
  return new Balancer(createMethod(name, options), settings);
}
