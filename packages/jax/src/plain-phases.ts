/** The step of a method of loss values: the weights are the cotangents of the losses, in one pullback. */
import { type Array as JaxArray, numpy as np } from '@jax-js/jax';
import { compiled } from './compiled.js';
import { readAtom } from './jaxpr.js';
import {
  forwardScope,
  type HeadWeighting,
  type Phases,
  parameterGradients,
  savedScope,
  type WeightedSum,
  weightOf,
} from './phases.js';
import { pullBack } from './pullback.js';
import { savedFor } from './saved.js';
import type { Sharing } from './sharing.js';
import type { Traced } from './trace.js';

export function plainPhases(traced: Traced, sharing: Sharing, heads: HeadWeighting): Phases {
  const { losses, headResiduals, trunkResiduals } = traced.outputs;
  const saved = savedFor(traced.forward, losses, [...headResiduals, ...trunkResiduals]);
  const forward = compiled((inputs) => {
    const scope = forwardScope(traced, inputs);
    const numbers = np.stack(losses.map((loss) => readAtom(loss, scope) as JaxArray));
    return [numbers, ...saved.variables.map((variable) => readAtom(variable, scope) as JaxArray)];
  });
  const backward = compiled(([weights, ...kept]) => {
    const scope = savedScope(saved, kept, weights!);
    const sum: WeightedSum = (weights, first) => {
      const cotangents = losses.map(({ aval: { dtype } }, k) => weightOf(weights, first + k, dtype));
      return pullBack(traced.heads, headResiduals, scope, cotangents);
    };
    return parameterGradients(traced, sharing, heads, sum, weights!, scope);
  });
  return { forward, backward };
}
