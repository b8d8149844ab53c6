import type { Random } from '@counterpoise/nn';

/** R, G, B, each in [0, 1]. */
export type Colour = readonly [number, number, number];

/** Any hue; from pastel to strong, from dark to light. */
export function randomColour(random: Random): Colour {
  const hue = 6 * random.uniform();
  const saturation = 0.15 + 0.8 * random.uniform();
  const value = 0.2 + 0.8 * random.uniform();
  // HSV to RGB (Smith 1978) in its closed form: V - V S max(0, min(k, 4 - k, 1)) with k = (n + H) mod 6, n = 5, 3, 1.
  const channel = (n: number) => {
    const k = (n + hue) % 6;
    return value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [channel(5), channel(3), channel(1)];
}

/** `share` of b, the rest of a. */
export function mixed(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2])];
}

/** Euclidean distance in RGB, in [0, sqrt 3]. */
export function contrast(a: Colour, b: Colour): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
