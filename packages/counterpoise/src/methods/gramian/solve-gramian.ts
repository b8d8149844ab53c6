import { spread, type UnitRows, unitRows } from '../../linalg/unit-rows.js';
import type { Matrix } from '../../matrix.js';
import { defineMethod, type Method, type Step } from '../../method.js';
import type { OptionSpecs, OptionValues } from '../../options.js';
import { stateless } from '../../stateless.js';
import { zeroGradients } from './zero-gradients.js';

/** Weights of the gradients that are not zero, from their lengths and angles; `null` where the equations have no solution. */
export type Solver = (rows: UnitRows) => readonly number[] | null;

export interface Solved {
  /** One per row of the Gramian; 0 for a zero gradient, which takes no part. */
  readonly weights: readonly number[];
  readonly live: readonly number[];
  /** There was no solution: the weights are those for gradients of the same lengths at right angles to each other. */
  readonly isFallback: boolean;
}

/**
 * The fallback keeps what does not hang on the angles: every gradient with its own length evened out as the method would.
 * Its weights are as moderate as the lengths allow, and where the gradients cancel each other so does their update.
 */
export function solveGramian(gramian: Matrix, solve: Solver): Solved {
  const rows = unitRows(gramian);
  const { live } = rows;
  const found = solve(rows);
  const cosines = live.map((_, i) => live.map((_, j) => (i === j ? 1 : 0)));
  const weights = found ?? solve({ ...rows, cosines }) ?? live.map(() => 0);
  return { weights: spread(weights, live, gramian.length, 0), live, isFallback: !found };
}

interface GramianRule {
  readonly name: string;
  readonly specs: OptionSpecs;
  readonly options: OptionValues;
  solve(rows: UnitRows, step: Step): readonly number[] | null;
}

/** A method without memory that solves equations in the Gramian. */
export function defineGramianMethod({ solve, ...rule }: GramianRule): Method<null, 'gramian'> {
  return defineMethod<null, 'gramian'>({
    ...rule,
    ...stateless,
    needs: ['gramian'],
    weigh(step) {
      const { weights, live, isFallback } = solveGramian(step.gramian, (rows) => solve(rows, step));
      const reasons = zeroGradients(step.active, live);
      if (isFallback) {
        const message = `${rule.name} has no solution for these gradients: weighed as if at right angles to each other`;
        for (const k of live) reasons[step.active[k]!.task] = { code: 'fallback', message };
      }
      // A head that starts at zero sends no gradient to the trunk, and with weight 0 it would never learn to.
      return { weights: weights.map((weight, k) => (live.includes(k) ? weight : null)), memory: null, reasons };
    },
  });
}
