/**
 * The step of a method that measures gradients: the forward phase pulls each loss back as far as the parameters or, where there
 * is one, the representation. The backward phase adds up what was found and goes on from there, once for all losses.
 */
import { type Array as JaxArray, numpy as np } from '@jax-js/jax';
import type { Need } from 'counterpoise';
import { compiled } from './compiled.js';
import { readAtom } from './jaxpr.js';
import { measure, planMeasures, readMeasures } from './measures.js';
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

export function measuredPhases(traced: Traced, sharing: Sharing, heads: HeadWeighting, needs: readonly Need[]): Phases {
  const { reaches, jaxpr } = traced.heads;
  const { losses, headResiduals, trunkResiduals } = traced.outputs;
  const saved = savedFor(traced.forward, [...losses, ...headResiduals], trunkResiduals);
  const atShared = <T>(row: readonly T[]): T[] => sharing.shared.map((at) => row[at]!);
  const plan = planMeasures(reaches.map(atShared), needs);
  const sizes = atShared(jaxpr.outs.map(({ aval: { shape } }) => shape.reduce((size, n) => size * n, 1)));
  const size = sizes.reduce((a, b) => a + b);

  const run = compiled((inputs) => {
    const one = inputs.at(-1)!;
    const scope = forwardScope(traced, inputs);
    const gradients = losses.map((_, k) => {
      const only = losses.map(({ aval: { dtype } }, j) => (j === k ? one.ref.astype(dtype) : undefined));
      return pullBack(traced.heads, headResiduals, scope, only);
    });
    const sums = measure(plan, gradients.map(atShared));
    return [
      np.stack([...losses.map((loss) => readAtom(loss, scope) as JaxArray), ...sums]),
      ...gradients.flat().filter((gradient) => gradient !== undefined),
      ...saved.variables.map((variable) => readAtom(variable, scope)),
    ] as JaxArray[];
  });

  // As an input, see `weightVector`.
  const forward = Object.assign((inputs: JaxArray[]) => run([...inputs, np.ones([])]), { dispose: run.dispose });

  const backward = compiled(([weights, ...kept]) => {
    let next = 0;
    const gradients = reaches.map((row) => row.map((isReached) => (isReached ? kept[next++] : undefined)));
    const sum: WeightedSum = (weights, first) =>
      jaxpr.outs.map((_, at) => {
        const terms = gradients.flatMap((row, k) => {
          const gradient = row[at];
          return gradient ? [weightOf(weights, first + k, gradient.dtype).mul(gradient.ref)] : [];
        });
        return terms.length > 0 ? terms.reduce((a, b) => a.add(b)) : undefined;
      });
    return parameterGradients(traced, sharing, heads, sum, weights!, savedScope(saved, kept.slice(next), weights!));
  });

  return { forward, backward, read: (sums) => readMeasures(plan, sums, losses.length, size) };
}
