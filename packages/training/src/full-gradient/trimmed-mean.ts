/**
 * Coordinate-wise trimmed mean (Yin et al. 2018): of the values w_k g_k of an entry, w_k = gamma_k / K, the largest and the
 * smallest are left out and the rest is stretched by K / (K - 2 trim), so that heads and trunk keep their proportion.
 * A loss that does not reach a parameter has the value 0 there; one without samples has none.
 */
import { add, greater, Input, maximum, minimum, mul, scalar, type Tensor, where } from '@counterpoise/engine';
import { combinedGradients } from '../gradients/weighted.js';
import { type GradientStage, type StageSite, sharedPlaces } from './stage.js';
import { StageState } from './stage-state.js';

/** Of a loss without samples: sorts to the end, where its factor is 0. */
const ABSENT = 3e38;

const presentInput = (loss: string) => `present/${loss}`;
const factorInput = (place: number) => `sorted/${place}`;

/** @param trim at either end; of few losses that are present, as many as leave one or two. */
export function trimmedMeanStage(trim: number): GradientStage {
  return {
    name: 'trimmed-mean',
    needs: [],
    state: new StageState(),
    plan(site) {
      const present = site.names.map((loss) => new Input(presentInput(loss), []));
      const factors = site.names.map((_, place) => new Input(factorInput(place), []));
      const combined = [...combinedGradients(site, site.gradients, site.weights, site.heads)];
      for (const at of sharedPlaces(site)) {
        const values = sorted(valuesAt(site, at, present));
        combined[at] = values.map((value, place) => mul(value, factors[place]!)).reduce(add);
      }
      return {
        combined,
        settle({ present: isPresent }) {
          const count = isPresent.filter(Boolean).length;
          const cut = Math.min(trim, Math.max(0, Math.floor((count - 1) / 2)));
          const factor = (place: number) => (place >= cut && place < count - cut ? count / (count - 2 * cut) : 0);
          return Object.fromEntries(
            site.names.flatMap((loss, k) => [
              [presentInput(loss), isPresent[k] ? 1 : 0],
              [factorInput(k), factor(k)],
            ]),
          );
        },
      };
    },
  };
}

function valuesAt({ gradients, weights }: StageSite, at: number, present: readonly Tensor[]): Tensor[] {
  return gradients.map((ofLoss, k) => {
    const gradient = ofLoss[at];
    return where(greater(present[k]!, 0.5), gradient ? mul(gradient, weights[k]!) : scalar(0), ABSENT);
  });
}

/** From the smallest to the largest, by comparing all pairs: exchange sort as a network. */
function sorted(values: readonly Tensor[]): Tensor[] {
  const list = [...values];
  for (let i = 0; i < list.length; i++) {
    for (let j = i + 1; j < list.length; j++) {
      [list[i], list[j]] = [minimum(list[i]!, list[j]!), maximum(list[i]!, list[j]!)];
    }
  }
  return list;
}
