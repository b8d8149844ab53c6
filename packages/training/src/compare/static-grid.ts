/** The static search: points of weights, and the order in which they and the learning rates are tried. */
import { Random } from '@counterpoise/nn';
import type { StaticWeights } from 'counterpoise';

/** Of the share of a loss over that of the first: seven per pair of losses. */
const RATIOS = [1, 0.01, 0.1, 1 / 3, 3, 10, 100];

/**
 * The static search: w_k = K p_k / |L_k(first step)| with p on the simplex, so that the weighted losses are p_k K at first and
 * no learning rate meets a point of quite another scale. p is uniform, and then each loss but the first is given 1/100, 1/10,
 * 1/3, 3, 10 and 100 times its part: with two losses the whole grid of seven ratios, with more a star of 6 (K - 1) + 1 points.
 * Three digits, so that the weights can be read.
 */
export function staticPoints(
  losses: readonly string[],
  firstLosses: Readonly<Record<string, number>>,
): readonly StaticWeights[] {
  const star = losses.slice(1).flatMap((loss) => RATIOS.map((ratio) => ({ loss, ratio })));
  const points = star.length > 0 ? star : [{ loss: '', ratio: 1 }];
  const weights = points.map(({ loss, ratio }) => {
    const parts = losses.map((name) => (name === loss ? ratio : 1));
    const total = parts.reduce((sum, part) => sum + part, 0);
    return Object.fromEntries(
      losses.map((name, k) => {
        const weight = (losses.length * parts[k]!) / total / (Math.abs(firstLosses[name] ?? 0) || 1);
        return [name, Number(weight.toPrecision(3))];
      }),
    );
  });
  // The uniform point comes once for every loss.
  const texts = weights.map((point) => JSON.stringify(point));
  return weights.filter((_, at) => texts.indexOf(texts[at]!) === at);
}

export interface StaticCell {
  readonly weights: StaticWeights;
  readonly learningRate: number;
}

/**
 * Every point with every learning rate, in an order of which the first N are a fair sample for any N: random points (random search,
 * Bergstra & Bengio 2012, JMLR 13) and the rates in turn, the points of one round as far apart in that random order as can be.
 */
export function staticCells(
  points: readonly StaticWeights[],
  learningRates: readonly number[],
  seed: number,
): StaticCell[] {
  const order = new Random(seed, 'static search').permutation(points.length);
  const stride = Math.max(1, Math.floor(points.length / learningRates.length));
  return points.flatMap((_, round) =>
    learningRates.map((learningRate, at) => {
      return { weights: points[order[(round + at * stride) % points.length]!]!, learningRate };
    }),
  );
}
