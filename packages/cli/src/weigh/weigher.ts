/** From lines to lines: a balancer behind JSON. */
import { Balancer, type BalancerState, CounterpoiseError, type Method, type Weighing } from 'counterpoise';
import { parseEvidence, type ShownStep } from './evidence.js';
import { type Line, LineError } from './lines.js';

export class Weigher {
  readonly #priorities: Readonly<Record<string, number>>;
  #balancer: Balancer;
  #answers = 0;

  /** @throws CounterpoiseError on a priority that is not in [0, inf). */
  constructor(method: Method, priorities: Readonly<Record<string, number>> = {}) {
    this.#priorities = priorities;
    this.#balancer = new Balancer(method, { priorities });
  }

  /** Lines answered. */
  get answers(): number {
    return this.#answers;
  }

  state(): BalancerState {
    return this.#balancer.state();
  }

  /** @throws CounterpoiseError if the state is not one of this method with these options. */
  load(state: unknown): void {
    this.#balancer.load(state);
    const { tasks } = this.#balancer;
    if (tasks === null) return;
    // Again, in a balancer that has checked the priorities against the tasks.
    this.#setTasks(tasks);
    this.#balancer.load(state);
  }

  /**
   * The answer to a line, as JSON without a line end.
   * @throws LineError, and CounterpoiseError with code `option` if options or priorities name tasks that do not exist: only
   * the first line tells the tasks. The state is then that of the line before.
   */
  weigh({ number, text }: Line): string {
    try {
      const shown = parseEvidence(text);
      if (this.#answers === 0) this.#begin(shown);
      const { evidence } = shown;
      for (const need of this.#balancer.needs) {
        if (evidence[need] !== undefined || (need === 'gradientNorms' && evidence.gramian !== undefined)) continue;
        throw new Error(`${this.#balancer.method.name} needs "${need}", and the line has none`);
      }
      const weighing = this.#balancer.weigh(evidence as Parameters<Balancer['weigh']>[0]);
      this.#answers++;
      return answer(weighing, evidence.losses !== undefined);
    } catch (error) {
      if (error instanceof CounterpoiseError && error.code === 'option') throw error;
      throw new LineError(number, (error as Error).message, { cause: error });
    }
  }

  /** Options and priorities that name other tasks are refused here. */
  #setTasks(tasks: readonly string[]): void {
    this.#balancer = new Balancer(this.#balancer.method, { priorities: this.#priorities, tasks });
  }

  /** Rows and columns of matrices have no names: the order of the tasks must be that of the text. */
  #begin({ evidence, tasks: shown }: ShownStep): void {
    const { tasks: known } = this.#balancer;
    if (shown === undefined) return;
    if (known === null) {
      this.#setTasks(shown);
      return;
    }
    const inOrder = known.filter((task) => shown.includes(task));
    const isOther = inOrder.length === shown.length && inOrder.some((task, k) => task !== shown[k]);
    if (isOther && (evidence.gramian ?? evidence.crossGramian) !== undefined) {
      throw new Error(`the losses are in the order ${shown.join(', ')}, but ${known.join(', ')} in the state`);
    }
  }
}

function answer({ weights, total, terms, reasons }: Weighing, hasLosses: boolean): string {
  return JSON.stringify({
    weights,
    ...(hasLosses && { total, terms }),
    ...(Object.keys(reasons).length > 0 && { reasons }),
  });
}
