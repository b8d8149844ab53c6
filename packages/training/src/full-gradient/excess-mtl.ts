/**
 * ExcessMTL (He et al. 2024): S_k <- S_k + g_k^2 per entry, and the excess risk e_k = sum g_k^2 / sqrt(S_k + 1e-7) over the
 * shared parameters. The method is shown e_k in the place of the gradient norm.
 */
import { add, div, Input, mul, sqrt, square, type Update } from '@counterpoise/engine';
import { rowsOf, selfMeasuring } from '../gradients/measures.js';
import { combinedGradients } from '../gradients/weighted.js';
import { type GradientStage, sharedPlaces } from './stage.js';
import { StageState } from './stage-state.js';

const presentInput = (loss: string) => `present/${loss}`;

export function excessMtlStage(): GradientStage {
  const state = new StageState();
  return {
    name: 'excess-mtl',
    needs: [],
    state,
    plan(site) {
      const places = sharedPlaces(site);
      const updates: Update[] = [];
      const relative = site.names.map((loss, k) => {
        const present = new Input(presentInput(loss), []);
        return site.gradients[k]!.map((gradient, at) => {
          if (!gradient || !places.includes(at)) return undefined;
          const parameter = site.parameters[at]!;
          const variable = state.variable(`${site.nameOf(parameter)}.excess_mtl.${loss}`, parameter.shape);
          const value = add(variable, mul(square(gradient), present));
          updates.push({ variable, value });
          return div(gradient, sqrt(add(value, 1e-7)));
        });
      });
      return {
        measuring: selfMeasuring(rowsOf(site.gradients, places), rowsOf(relative, places), site.names.length),
        combined: combinedGradients(site, site.gradients, site.weights, site.heads),
        updates,
        prepare: ({ present }) =>
          Object.fromEntries(site.names.map((loss, k) => [presentInput(loss), present[k] ? 1 : 0])),
        show: ({ gramian }) => ({
          gradientNorms: Object.fromEntries(site.names.map((loss, k) => [loss, gramian[k]![k]!])),
        }),
      };
    },
  };
}
