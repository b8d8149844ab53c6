/** The compiled parts of a step, by structure, shapes and types of its arguments. */
import { type Array as JaxArray, type JsTreeDef, tree } from '@jax-js/jax';
import type { Need } from 'counterpoise';
import { checkReached, checkShared } from './checks.js';
import type { Losses, Tree } from './losses.js';
import { measuredPhases } from './measured-phases.js';
import { measuresGradients } from './measures.js';
import type { HeadWeighting, Phases } from './phases.js';
import { plainPhases } from './plain-phases.js';
import { type Sharing, sharingOf } from './sharing.js';
import { type Traced, traceLosses } from './trace.js';

type Aval = JaxArray['aval'];

interface Program {
  readonly structure: JsTreeDef;
  readonly avals: readonly Aval[];
  readonly traced: Traced;
  readonly sharing: Sharing;
  plain?: Phases;
  measured?: Phases;
}

export class Programs {
  readonly #losses: Losses;
  readonly #heads: HeadWeighting;
  /** Of the method. */
  readonly #needs: readonly Need[];
  readonly #programs: Program[] = [];

  constructor(losses: Losses, heads: HeadWeighting, needs: readonly Need[]) {
    this.#losses = losses;
    this.#heads = heads;
    this.#needs = needs;
  }

  /**
   * Traces and compiles what has not been yet.
   *
   * @param inputs leaves of `[params, ...args]`, not used up.
   * @param measures does this step measure gradients?
   */
  phasesFor(inputs: readonly JaxArray[], structure: JsTreeDef, measures: boolean): { traced: Traced; phases: Phases } {
    const avals = inputs.map(({ aval }) => aval);
    const isSame = (one: Program) => one.structure.equals(structure) && sameAvals(one.avals, avals);
    const program = this.#programs.find(isSame) ?? this.#trace(inputs, structure, avals);
    const { traced, sharing } = program;
    if (measures) program.measured ??= measuredPhases(traced, sharing, this.#heads, this.#needs);
    else program.plain ??= plainPhases(traced, sharing, this.#heads);
    return { traced, phases: (measures ? program.measured : program.plain)! };
  }

  #trace(inputs: readonly JaxArray[], structure: JsTreeDef, avals: readonly Aval[]): Program {
    const [params, ...args] = tree.unflatten(structure, inputs) as Tree[];
    const traced = traceLosses(this.#losses, params!, args);
    try {
      const sharing = sharingOf(traced);
      checkReached(traced, sharing);
      if (measuresGradients(this.#needs)) checkShared(traced, sharing);
      const program = { structure, avals, traced, sharing };
      this.#programs.push(program);
      return program;
    } catch (error) {
      for (const array of traced.consts) array.dispose();
      throw error;
    }
  }

  /** Frees the constants. */
  dispose(): void {
    for (const { traced, plain, measured } of this.#programs.splice(0)) {
      for (const phases of [plain, measured]) {
        phases?.forward.dispose();
        phases?.backward.dispose();
      }
      for (const array of traced.consts) array.dispose();
    }
  }
}

function sameAvals(a: readonly Aval[], b: readonly Aval[]): boolean {
  return a.every(({ shape, dtype, weakType }, i) => {
    const other = b[i]!;
    const isSameType = dtype === other.dtype && weakType === other.weakType;
    return isSameType && shape.length === other.shape.length && shape.every((n, axis) => n === other.shape[axis]);
  });
}
