import type { Geometry } from './geometry.js';

/** Up to this many input pixels the selection product costs less than what it saves (8 x 8 and below; measured). */
const SELECTION_PIXELS = 64;

/** How a convolution and its gradients are computed; see `convolution.ts`. */
export function choose(g: Geometry): 'product' | 'selection' | 'direct' {
  if (g.group > 1) return 'direct';
  if (g.kernel[0] * g.kernel[1] === 1 && g.pads.every((pad) => pad === 0)) return 'product';
  return g.input[0] * g.input[1] <= SELECTION_PIXELS ? 'selection' : 'direct';
}
