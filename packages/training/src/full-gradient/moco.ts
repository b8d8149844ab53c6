import { mocoScale } from 'counterpoise/catalog';
import type { GradientStage } from './stage.js';
import { trackingStage } from './tracking.js';

/** MoCo (Fernando et al. 2023, equations 7 and 8), s_k = L_k / (|g_k| + 1e-8) and b = beta / sqrt(t) as in LibMTL. */
export function mocoStage(beta: number): GradientStage {
  return trackingStage({
    name: 'moco',
    stateName: 'moco',
    measure: 'gramian',
    rate: (step) => beta / Math.sqrt(step),
    scale: mocoScale,
    // The norms stay those of the raw gradients, which s_k is made of.
    show: ({ gramian }) => ({ gramian }),
  });
}
