import { dbMtlScale } from 'counterpoise/catalog';
import type { GradientStage } from './stage.js';
import { trackingStage } from './tracking.js';

/** DB-MTL (Lin et al. 2023, algorithm 1): moving averages, from 0 and without correction, of the gradients of log L_k. */
export function dbMtlStage(momentum: number, epsilon: number): GradientStage {
  return trackingStage({
    name: 'db-mtl',
    stateName: 'db_mtl',
    measure: 'norms',
    rate: () => 1 - momentum,
    scale: (loss) => dbMtlScale(loss, epsilon),
    show: ({ gramian }, names) => ({
      gradientNorms: Object.fromEntries(names.map((loss, k) => [loss, Math.sqrt(gramian[k]![k]!)])),
    }),
  });
}
