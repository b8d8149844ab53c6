/**
 * Methods that work on whole gradients, entry by entry or averaged over time. What is here is the part that weighs; the part
 * that works on the gradients is in `@counterpoise/training`.
 */
import { createMethod } from './create-method.js';
import type { Need } from './evidence.js';
import type { Json } from './json.js';
import type { Method } from './method.js';
import { dbMtlMomentumRow } from './methods/whole/db-mtl-momentum.js';
import { excessMtlRow } from './methods/whole/excess-mtl.js';
import { gradDropRow } from './methods/whole/grad-drop.js';
import { gradvacLayersRow } from './methods/whole/gradvac-layers.js';
import { mConfigRow } from './methods/whole/m-config.js';
import { mocoRow } from './methods/whole/moco.js';
import { trimmedMeanRow } from './methods/whole/trimmed-mean.js';

type Options = Readonly<Record<string, unknown>>;

/** By name. `db-mtl` and `gradvac` are methods of numbers too: an option decides. */
export const wholeGradientMethods = {
  'grad-drop': gradDropRow,
  'trimmed-mean': trimmedMeanRow,
  moco: mocoRow,
  'excess-mtl': excessMtlRow,
  'm-config': mConfigRow,
  'db-mtl': dbMtlMomentumRow,
  gradvac: gradvacLayersRow,
} as const;

export type WholeGradientName = keyof typeof wholeGradientMethods;

export interface ResolvedMethod {
  readonly method: Method<Json, Need>;
  /** Does it weigh for a method of whole gradients? Then it means nothing without the other part. */
  readonly wholeGradients: boolean;
}

/** A method by its name, of either kind. Throws a `CounterpoiseError` as `createMethod` does. */
export function resolveMethod(name: string, options: Options = {}): ResolvedMethod {
  const { momentum = 0, ...unaveraged } = options;
  const { per = 'network', ...undivided } = options;
  if (name === 'db-mtl' && momentum === 0) return ofNumbers(name, unaveraged);
  if (name === 'gradvac' && per === 'network') return ofNumbers(name, undivided);
  if (!Object.hasOwn(wholeGradientMethods, name)) return ofNumbers(name, options);
  const row = wholeGradientMethods[name as WholeGradientName] as { create(options: Options): Method<Json, Need> };
  return { method: row.create(options), wholeGradients: true };
}

function ofNumbers(name: string, options: Options): ResolvedMethod {
  return { method: createMethod(name, options) as Method<Json, Need>, wholeGradients: false };
}
