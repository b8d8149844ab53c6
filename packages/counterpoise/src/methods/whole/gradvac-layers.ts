import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { resolveOptions, type SpecsOf } from '../../options.js';
import { stateless } from '../../stateless.js';
import { type GradvacOptions, gradvacRow } from '../gramian/gradvac.js';

const EXTENTS = ['network', 'layer'] as const;

export interface GradvacLayersOptions extends GradvacOptions {
  /** What has one angle: all shared parameters together, or those of each layer. Default `network`. */
  per?: (typeof EXTENTS)[number];
}

const specs = {
  ...gradvacRow.options,
  per: {
    type: 'choice',
    choices: EXTENTS,
    default: 'network',
    summary: 'what has one angle: all shared parameters together, or each layer, which needs whole gradients',
  },
} as const satisfies SpecsOf<GradvacLayersOptions>;

/** The weights of `sum`, for what a single loss reaches; those of the layers come from `vaccinate`, layer by layer. */
export function gradvacLayers(options: GradvacLayersOptions = {}): Method<null> {
  return defineMethod<null>({
    name: 'gradvac',
    needs: [],
    specs,
    options: { ...resolveOptions('gradvac', specs, options) },
    ...stateless,
    weigh: ({ active }) => ({ weights: active.map(() => 1), memory: null }),
  });
}

/** The row of both: of the Gramian of the network, and of whole gradients layer by layer. */
export const gradvacLayersRow: MethodRow<GradvacLayersOptions> = {
  ...gradvacRow,
  options: specs,
  create: gradvacLayers,
};
