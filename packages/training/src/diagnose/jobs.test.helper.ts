/** Jobs whose truth is known: lengths, angles and noise are prescribed. */
import { Random } from '@counterpoise/nn';
import type { Measurement } from './measurement.js';

export interface Job {
  readonly names: readonly string[];
  /** Median of each loss, and of the length of its gradient. */
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  /** Mean cosine of the first two losses; every other pair is orthogonal on average. Default 0. */
  readonly cosine?: number;
  /** Losses and lengths are multiplied by exp(noise * normal). Default 0.1. */
  readonly noise?: number;
  /** These losses are `loss * normal` in place of that: around zero. */
  readonly signed?: readonly string[];
  readonly steps?: number;
  readonly seed?: number;
}

/** Parameters in which the gradients lie: as many as make the random parts as long as the prescribed ones. */
const SIZE = 100;

export function measure({
  names,
  losses,
  norms,
  cosine = 0,
  noise = 0.1,
  signed = [],
  steps = 50,
  seed = 1,
}: Job): Measurement[] {
  const random = new Random(seed);
  const normal = () => random.normal();
  return Array.from({ length: steps }, () => {
    const directions = names.map((_, k) =>
      unit(Array.from({ length: SIZE }, (_, at) => (at === k ? 3 : 0) + normal() / 3)),
    );
    if (directions[1]) {
      directions[1] = unit(
        directions[1].map((value, at) => value * Math.sqrt(1 - cosine ** 2) + cosine * directions[0]![at]!),
      );
    }
    const gradients = directions.map((direction, k) => {
      const length = norms[k]! * Math.exp(noise * normal());
      return direction.map((value) => value * length);
    });
    const values = names.map((name, k) => [
      name,
      losses[k]! * (signed.includes(name) ? normal() : Math.exp(noise * normal())),
    ]);
    return {
      losses: Object.fromEntries(values),
      gramian: gradients.map((a) => gradients.map((b) => a.reduce((sum, value, at) => sum + value * b[at]!, 0))),
    };
  });
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** The forum's: cross-entropy beside squared errors in pixels. */
export const FORUM: Job = { names: ['class', 'box'], losses: [2.3, 5000], norms: [1.2, 1500] };
export const BALANCED_PAIR: Job = { names: ['depth', 'normals'], losses: [1.1, 0.8], norms: [0.9, 1.3] };
export const CONFLICTING: Job = { names: ['retain', 'forget'], losses: [1, 1.4], norms: [1, 1.5], cosine: -0.7 };
/** Surrogate and entropy are near zero or negative, with healthy gradients; the value loss is told in squared returns. */
export const PPO: Job = {
  names: ['policy', 'value', 'entropy'],
  losses: [0.01, 8000, -0.69],
  norms: [0.5, 400, 0.3],
  signed: ['policy'],
};
