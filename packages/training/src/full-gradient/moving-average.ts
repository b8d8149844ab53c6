/** Moving averages of the gradients of each loss: y_k <- keep_k y_k + gain_k g_k, with scalars of the step. */
import { add, type Feeds, Input, mul, type Tensor, type Update, type Variable } from '@counterpoise/engine';
import type { StageSite } from './stage.js';
import type { StageState } from './stage-state.js';

const keepInput = (loss: string) => `keep/${loss}`;
const gainInput = (loss: string) => `gain/${loss}`;

export interface MovingAverages {
  /** [loss][parameter]: the new averages; at places that were not asked for, the raw gradients. */
  readonly values: readonly (readonly (Tensor | undefined)[])[];
  readonly updates: readonly Update[];
  /** The scalars of a step, one of each per loss. A loss with the gain 0 keeps its average with `keep` 1. */
  feeds(scalars: readonly { readonly keep: number; readonly gain: number }[]): Feeds;
}

/** @param stateName the average of a loss is "<parameter>.<stateName>.<loss>". */
export function movingAverages(
  site: StageSite,
  state: StageState,
  stateName: string,
  places: readonly number[],
): MovingAverages {
  const updates: Update[] = [];
  const values = site.names.map((loss, k) => {
    const [keep, gain] = [new Input(keepInput(loss), []), new Input(gainInput(loss), [])];
    return site.gradients[k]!.map((gradient, at) => {
      if (!gradient || !places.includes(at)) return gradient;
      const variable = averageOf(site.parameters[at]!, loss);
      const value = add(mul(variable, keep), mul(gradient, gain));
      updates.push({ variable, value });
      return value;
    });
  });
  function averageOf(parameter: Variable, loss: string): Variable {
    return state.variable(`${site.nameOf(parameter)}.${stateName}.${loss}`, parameter.shape);
  }
  return {
    values,
    updates,
    feeds: (scalars) =>
      Object.fromEntries(
        site.names.flatMap((loss, k) => [
          [keepInput(loss), scalars[k]!.keep],
          [gainInput(loss), scalars[k]!.gain],
        ]),
      ),
  };
}

/** Scalars that the averages are multiplied by before they are weighed, fed anew at every step. */
export function scaledAverages({ names }: StageSite, values: MovingAverages['values'], places: readonly number[]) {
  const inputName = (loss: string) => `scale/${loss}`;
  const scales = names.map((loss) => new Input(inputName(loss), []));
  const scaled = values.map((ofLoss, k) =>
    ofLoss.map((value, at) => (value && places.includes(at) ? mul(value, scales[k]!) : value)),
  );
  const feeds = (factors: readonly number[]): Feeds =>
    Object.fromEntries(names.map((loss, k) => [inputName(loss), factors[k]!]));
  return { scaled, feeds };
}
