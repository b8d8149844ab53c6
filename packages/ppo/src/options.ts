/** @throws RangeError if the option is not a finite number above 0. */
export function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`"${name}" must be a finite number > 0, got ${value}`);
}

/** @throws RangeError if the option is not a finite number of at least 0. */
export function atLeastZero(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(`"${name}" must be a finite number >= 0, got ${value}`);
}

/** @throws RangeError if the option is not in [0, 1]. */
export function share(name: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new RangeError(`"${name}" must be in [0, 1], got ${value}`);
}

/** @throws RangeError if the option is not an integer of at least 1. */
export function count(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`"${name}" must be an integer >= 1, got ${value}`);
}
