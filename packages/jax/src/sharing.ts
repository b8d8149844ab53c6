/** Which losses reach which arrays, as the pullbacks say: nothing is declared. */
import type { Traced } from './trace.js';

export interface Sharing {
  /**
   * Places, among the inputs of the heads, where gradients are measured: of what at least two losses reach, or the only loss
   * where there is one.
   */
  readonly shared: readonly number[];
  /** Of each array of the parameters: does exactly one of several losses reach it? */
  readonly ofOneLoss: readonly boolean[];
  /** Of each array of the parameters: does any loss reach it? */
  readonly reached: readonly boolean[];
}

export function sharingOf({ heads, trunk, parameters, names }: Traced): Sharing {
  const inputs = heads.jaxpr.outs.map((_, at) => names.flatMap((_, k) => (heads.reaches[k]![at] ? [k] : [])));
  const representation = inputs.slice(parameters);
  const lossesOf = inputs.slice(0, parameters).map((direct, at) => {
    const throughTrunk = representation.filter((_, z) => trunk!.reaches[z]![at]).flat();
    return new Set([...direct, ...throughTrunk]).size;
  });
  const first = trunk ? parameters : 0;
  return {
    shared: inputs.flatMap((losses, at) => (at >= first && losses.length >= Math.min(2, names.length) ? [at] : [])),
    ofOneLoss: lossesOf.map((count) => count === 1 && names.length > 1),
    reached: lossesOf.map((count) => count > 0),
  };
}
