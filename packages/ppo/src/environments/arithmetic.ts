import type { Random } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';

export function uniform(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

export function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}

/** The numbers of a saved state. @throws TypeError if they are not `count` finite numbers. */
export function savedNumbers(state: Json, count: number): readonly number[] {
  if (Array.isArray(state) && state.length === count && state.every(Number.isFinite)) return state;
  throw new TypeError(`"state" must be ${count} finite numbers, got ${JSON.stringify(state)}`);
}
