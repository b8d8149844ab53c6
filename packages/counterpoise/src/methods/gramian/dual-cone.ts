import type { PerTask } from '../../json.js';
import { type UnitRows, unitRows } from '../../linalg/unit-rows.js';
import type { Matrix } from '../../matrix.js';
import { defineMethod, type Method } from '../../method.js';
import { numberOption, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';
import { preferenceOption, preferences } from '../losses/preference.js';
import { zeroGradients } from './zero-gradients.js';

/** Options of the methods that project on the dual cone {x: g_k . x >= 0 for all k}. */
export interface DualConeOptions {
  /** Share u of each gradient before the projection, also per task. Range [0, inf), default 1 / K. */
  preference?: PerTask | null;
  /**
   * This part of the trace is added to the diagonal of the Gramian. Range [0, inf), default 0: exact. TorchJD 0.17 has
   * 1e-4, with which the update of one gradient beside another 1000 times longer does raise its loss.
   */
  regularization?: number;
}

export const dualConeSpecs = {
  preference: preferenceOption,
  regularization: numberOption('[0, inf)', {
    default: 0,
    unit: '1',
    summary: 'part of the trace added to the diagonal of the Gramian; 0: exact',
  }),
} as const satisfies SpecsOf<DualConeOptions>;

/**
 * The projection of sum_k u_k g_k is sum_k v_k g_k for the least v^T G v with v >= u. On unit rows, G = N C N and
 * v = u + N^-1 y, this is y^T C y / 2 + (C f)^T y over y >= 0 with f = N u. `lift` gives y for f, whose largest entry is 1.
 */
export function defineDualConeMethod(
  name: string,
  options: Required<DualConeOptions>,
  lift: (cosines: Matrix, f: readonly number[]) => readonly number[],
): Method<null, 'gramian'> {
  return defineMethod<null, 'gramian'>({
    name,
    needs: ['gramian'],
    specs: dualConeSpecs,
    options: { ...options },
    ...stateless,
    weigh(step) {
      const { active, gramian } = step;
      const rows = unitRows(gramian);
      const { norms, cosines } = regularised(rows, options.regularization);
      const weights = preferences(step, options.preference);
      const f = rows.live.map((k, i) => weights[k]! * norms[i]!);
      const largest = Math.max(...f);
      if (largest > 0) {
        const y = lift(
          cosines,
          f.map((value) => value / largest),
        );
        rows.live.forEach((k, i) => {
          weights[k]! += y[i]! * (largest / norms[i]!);
        });
      }
      return { weights, memory: null, reasons: zeroGradients(active, rows.live) };
    },
  });
}

/** G + share tr(G) I taken apart again. */
function regularised(rows: UnitRows, share: number): UnitRows {
  if (share === 0) return rows;
  const more = Math.sqrt(share) * Math.hypot(...rows.norms);
  const norms = rows.norms.map((norm) => Math.hypot(norm, more));
  const parts = rows.norms.map((norm, i) => norm / norms[i]!);
  const cosines = rows.cosines.map((row, i) => row.map((value, j) => (i === j ? 1 : value * parts[i]! * parts[j]!)));
  return { live: rows.live, norms, cosines };
}
