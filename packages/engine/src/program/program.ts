/**
 * A program: a graph compiled into phases that run one after the other, e.g. forward, backward, update.
 *
 * The host acts between the phases (it looks at the losses and chooses their weights), yet what one phase hands to the
 * next never leaves native memory.
 */
import { formatShape, type Input } from '../graph/tensor.js';
import { type Binding, EngineError, type Session } from '../runtime/index.js';
import { type Feeds, feed } from './feeds.js';
import type { FedInput } from './memory.js';

/** Row-major values of a phase's outputs, by name. */
export type Results = Readonly<Record<string, Float32Array>>;

export interface Copy {
  readonly from: Float32Array;
  readonly to: Float32Array;
}

/** @internal */
export interface CompiledPhase {
  /** Absent where a phase has nothing to compute. */
  readonly session?: Session;
  readonly binding?: Binding;
  readonly outputs: Results;
  /** Done before the run: old values of variables that the run or a copy overwrites. */
  readonly saves: readonly Copy[];
  /** Done after the run: updates of variables that could not be written in place. */
  readonly copies: readonly Copy[];
  /** What must have been fed. */
  readonly inputs: readonly Input[];
}

export class Program {
  private readonly unfed: Set<string>;
  private running: string | undefined;
  private released = false;

  /** @internal Use `compile`. */
  constructor(
    private phases: ReadonlyMap<string, CompiledPhase>,
    private inputs: ReadonlyMap<string, FedInput>,
    private readonly blocking: boolean,
  ) {
    this.unfed = new Set(inputs.keys());
  }

  /**
   * Runs one phase on a worker thread, and the event loop stays free; of a program compiled as `blocking` on this thread.
   *
   * @param feeds Inputs keep their values until they are fed again.
   * @returns Views of the program's own memory, which later runs overwrite.
   * @throws RangeError for an unknown phase or input, a missing input, or values that do not fit one: nothing has changed
   * then. EngineError `busy` while another run is not finished, `released` after `release`, `runtime` when an operator fails.
   */
  async run(name: string, feeds: Feeds = {}): Promise<Results> {
    if (this.released) throw new EngineError('released', `run "${name}": the program was released`);
    const phase = this.phases.get(name);
    if (!phase) {
      throw new RangeError(`no phase "${name}"; the phases are ${[...this.phases.keys()].join(', ') || 'none'}`);
    }
    if (this.running !== undefined) {
      throw new EngineError('busy', `run "${name}": the run of "${this.running}" is not finished: await it`);
    }
    const missing = phase.inputs.find((input) => this.unfed.has(input.name) && !Object.hasOwn(feeds, input.name));
    if (missing) throw new RangeError(`phase "${name}" needs input "${missing.name}" ${formatShape(missing.shape)}`);
    feed(this.inputs, feeds);
    for (const fed of Object.keys(feeds)) this.unfed.delete(fed);

    this.running = name;
    try {
      for (const { from, to } of phase.saves) to.set(from);
      if (this.blocking) phase.binding?.runSync();
      else await phase.binding?.run();
      for (const { from, to } of phase.copies) to.set(from);
    } finally {
      this.running = undefined;
    }
    return phase.outputs;
  }

  /**
   * Frees all native memory and lets go of the program's arrays. The variables keep their values. Releasing twice does
   * nothing.
   *
   * @throws EngineError `busy` while a phase runs; nothing is freed then.
   */
  release(): void {
    if (this.running !== undefined) {
      throw new EngineError('busy', `release: the run of "${this.running}" is not finished: await it`);
    }
    this.released = true;
    for (const { session } of this.phases.values()) session?.release();
    this.phases = new Map();
    this.inputs = new Map();
  }
}
