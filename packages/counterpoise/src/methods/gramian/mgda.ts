import type { Need } from '../../evidence.js';
import { minNorm } from '../../linalg/min-norm.js';
import { unitRows } from '../../linalg/unit-rows.js';
import { dot, multiply } from '../../linalg/vectors.js';
import type { Matrix } from '../../matrix.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { integerOption, numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';
import { zeroGradients } from './zero-gradients.js';

const NORMALIZATIONS = ['none', 'l2', 'loss', 'loss+'] as const;
const SOLVERS = ['exact', 'frank-wolfe'] as const;

export interface MgdaOptions {
  /**
   * What each gradient is divided by first: 1 (default), its norm, its loss, or both. The last two need the losses.
   * Default `none`, with which the task of the shortest gradient takes nearly all.
   */
  normalization?: (typeof NORMALIZATIONS)[number];
  /** `frank-wolfe`: stops short of the minimum, as TorchJD does. Default `exact`. */
  solver?: (typeof SOLVERS)[number];
  /** Frank-Wolfe stops after a step shorter than this. Range (0, inf), default 1e-3 as in TorchJD. */
  epsilon?: number;
  /** Most steps of Frank-Wolfe. Integer >= 1, default 100 as in TorchJD. */
  iterations?: number;
}

const specs = {
  normalization: {
    type: 'choice',
    choices: NORMALIZATIONS,
    default: 'none',
    summary: 'divide each gradient by 1, its norm, its loss, or norm times loss',
  },
  solver: {
    type: 'choice',
    choices: SOLVERS,
    default: 'exact',
    summary: 'exact, or stopped short of the minimum as in TorchJD',
  },
  epsilon: numberOption('(0, inf)', { default: 1e-3, unit: '1', summary: 'shortest step of frank-wolfe' }),
  iterations: integerOption('[1, inf)', { default: 100, unit: 'steps', summary: 'most steps of frank-wolfe' }),
} as const satisfies SpecsOf<MgdaOptions>;

/**
 * The shortest convex combination sum_k a_k g_k / nu_k, a common direction of descent; w_k = a_k / nu_k. As in LibMTL the
 * weights hold for the divided gradients, so that no loss rises; Sener & Koltun's program puts a_k on the raw losses.
 * A zero gradient is left out: it would be the shortest combination, and stop the others.
 */
export function mgda(options: MgdaOptions = {}): Method<null, 'gramian'> {
  const resolved = resolveOptions('mgda', specs, options);
  const { normalization, solver, epsilon, iterations } = resolved;
  const byNorm = normalization === 'l2' || normalization === 'loss+';
  const byLoss = normalization.startsWith('loss');
  return defineMethod<null, Need>({
    name: 'mgda',
    needs: byLoss ? ['gramian', 'losses'] : ['gramian'],
    specs,
    options: { ...resolved },
    ...(byLoss && { magnitude: { absolute: undefined, lowerBound: undefined } }),
    ...stateless,
    weigh({ active, present, gramian }) {
      const { live, norms, cosines } = unitRows(gramian);
      const losses = live.map((k) => (byLoss ? active[k]!.magnitude : 1));
      const divisors = losses.map((loss, i) => (byNorm ? loss * norms[i]! : loss));
      const [largest, shortest] = [Math.max(...losses), Math.min(...norms)];
      // 1 / length of the divided gradients, up to a factor; the floor is for losses of 0.
      const inverse = losses.map((loss, i) => Math.max(1e-150, (loss / largest) * (byNorm ? 1 : shortest / norms[i]!)));
      let shares: readonly number[] = [];
      if (largest > 0 && solver === 'frank-wolfe') shares = frankWolfe(cosines, inverse, epsilon, iterations);
      else if (largest > 0) shares = pair(gramian, live, divisors) ?? nearest(cosines, inverse);
      const weights: (number | null)[] = active.map(() => 1 / present);
      live.forEach((k, i) => {
        const weight = shares[i]! / divisors[i]!;
        // A loss of 0 has no size to divide by.
        weights[k] = Number.isFinite(weight) ? weight : null;
      });
      return { weights, memory: null, reasons: zeroGradients(active, live) };
    },
  });
}

/** The closed form for two gradients, from the Gramian as it is; `undefined` where it has none. */
function pair(gramian: Matrix, [i, j, more]: readonly number[], [nu1, nu2]: readonly number[]): number[] | undefined {
  if (i === undefined || j === undefined || more !== undefined) return undefined;
  const b = gramian[i]![j]!;
  const first = Math.max(0, gramian[j]![j]! * (nu1! / nu2!) - b);
  const second = Math.max(0, gramian[i]![i]! * (nu2! / nu1!) - b);
  const sum = first + second;
  return sum > 0 && Number.isFinite(sum) ? [first / sum, second / sum] : undefined;
}

function nearest(cosines: Matrix, inverse: readonly number[]): number[] {
  return minNorm(cosines, inverse).map((value, i) => value * inverse[i]!);
}

/** Frank & Wolfe with exact line search from equal shares (Sener & Koltun 2018, algorithm 2). */
function frankWolfe(cosines: Matrix, inverse: readonly number[], epsilon: number, iterations: number): number[] {
  const least = Math.min(...inverse);
  const lengths = inverse.map((value) => least / value);
  const gramian = cosines.map((row, i) => row.map((value, j) => lengths[i]! * value * lengths[j]!));
  let shares = inverse.map(() => 1 / inverse.length);
  for (let i = 0; i < iterations; i++) {
    const slopes = multiply(gramian, shares);
    const a = Math.min(...slopes);
    const t = slopes.indexOf(a);
    const b = dot(shares, slopes);
    const c = gramian[t]![t]!;
    const step = c <= a ? 1 : b <= a ? 0 : (b - a) / (b + c - 2 * a);
    shares = shares.map((share, k) => (1 - step) * share + (k === t ? step : 0));
    if (step < epsilon) break;
  }
  return shares;
}

export const mgdaRow: MethodRow<MgdaOptions, 'gramian'> = {
  name: 'mgda',
  family: 'gramian',
  summary: 'The shortest mix of the gradients: no loss rises; favours the task of the shortest gradient.',
  citation: 'Désidéri, C. R. Math. 2012; Sener & Koltun, NeurIPS 2018, arXiv:1810.04650',
  formula: 'w_k = gamma_k a_k / nu_k, a = argmin |sum_k a_k g_k / nu_k| over a >= 0, sum a = 1',
  needs: ['gramian'],
  options: specs,
  properties: ['stateless', 'signed', 'symmetric', 'nonConflicting', 'stationary'],
  create: mgda,
};
