/**
 * Gradient sign dropout (Chen et al. 2020, algorithm 1). Per entry, with h_k = w_k g_k: P = (1 + sum h / sum |h|) / 2 is how
 * much of it is positive. A number u is drawn from (0, 1); where P > u the positive h_k are kept, where P < u the negative ones.
 */
import { abs, add, div, greater, less, maximum, mul, relu, type Tensor, Variable, where } from '@counterpoise/engine';
import { Random } from '@counterpoise/nn';
import { combinedGradients } from '../gradients/weighted.js';
import { type GradientStage, type StageSite, sharedPlaces } from './stage.js';
import { StageState } from './stage-state.js';

/** Gradients smaller than this count as zero: P is then 1/2 and nothing is dropped that could be told from zero. */
const LEAST = 1e-37;

/** @param drawing gives the generator of a step, of numbers in (0, 1) that float32 can tell from 0 and 1. */
export function gradDropStage(
  leakOf: (loss: string) => number,
  drawing: (step: number) => () => number,
): GradientStage {
  return {
    name: 'grad-drop',
    needs: [],
    state: new StageState(),
    plan(site) {
      const leaks = site.names.map(leakOf);
      const combined = [...combinedGradients(site, site.gradients, site.weights, site.heads)];
      const draws = sharedPlaces(site).map((at) => {
        const parameter = site.parameters[at]!;
        const uniform = new Variable(
          `${site.nameOf(parameter)}.uniform`,
          parameter.shape,
          new Float32Array(parameter.size),
        );
        combined[at] = drop(termsAt(site, at, leaks), uniform);
        return uniform;
      });
      return {
        combined,
        settle({ step }) {
          const draw = drawing(step);
          for (const { data } of draws) for (let i = 0; i < data.length; i++) data[i] = draw();
          return {};
        },
      };
    },
  };
}

/** Numbers that depend on seed and step alone, so that there is no state to save: odd multiples of 2^-24, exact in float32. */
export function drawsFrom(seed: number): (step: number) => () => number {
  return (step) => {
    const random = new Random(seed, 'grad-drop', step);
    return () => ((random.bits() >>> 9) + 0.5) / 2 ** 23;
  };
}

interface Term {
  readonly value: Tensor;
  readonly leak: number;
}

function termsAt({ gradients, weights }: StageSite, at: number, leaks: readonly number[]): Term[] {
  return gradients.flatMap((ofLoss, k) => {
    const gradient = ofLoss[at];
    return gradient ? [{ value: mul(gradient, weights[k]!), leak: leaks[k]! }] : [];
  });
}

/** d = sum_k leak_k h_k + [P > u] sum_k (1 - leak_k) max(h_k, 0) - [P < u] sum_k (1 - leak_k) max(-h_k, 0) */
function drop(terms: readonly Term[], uniform: Tensor): Tensor {
  const over = (value: (term: Term) => Tensor) => terms.map(value).reduce(add);
  const balance = div(
    over(({ value }) => value),
    maximum(
      over(({ value }) => abs(value)),
      LEAST,
    ),
  );
  const share = mul(add(balance, 1), 0.5);
  const rest = (sign: 1 | -1) => over(({ value, leak }) => mul(relu(mul(value, sign)), 1 - leak));
  const positive = where(greater(share, uniform), rest(1), 0);
  const negative = where(less(share, uniform), mul(rest(-1), -1), 0);
  const kept = add(positive, negative);
  const leaking = terms.filter(({ leak }) => leak > 0).map(({ value, leak }) => mul(value, leak));
  return [kept, ...leaking].reduce(add);
}
