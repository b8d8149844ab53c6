import type { Pair } from '@counterpoise/engine';

/** @throws RangeError unless both are whole numbers of at least `least`. */
export function pair(name: string, value: Pair, least = 1): [number, number] {
  const [height, width] = typeof value === 'number' ? [value, value] : value;
  if (!Number.isSafeInteger(height) || !Number.isSafeInteger(width) || height < least || width < least) {
    throw new RangeError(`"${name}" must be a whole number of ${least} or more, or two of them, got ${String(value)}`);
  }
  return [height, width];
}

/** @throws RangeError unless the value is a whole number of at least 1. */
export function checkCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`"${name}" must be a whole number of 1 or more, got ${value}`);
  }
}
