/** Numbers in sentences. */

export function named(name: string): string {
  return JSON.stringify(name);
}

/** Three digits are more than the measurements carry: 1.4, 12.3, 1240, 1.2e+9. */
export function factor(ratio: number): string {
  return String(Number(ratio.toPrecision(ratio >= 10 ? 3 : 2)));
}

export function range([low, high]: readonly [number, number]): string {
  return `${factor(low)} to ${factor(high)}`;
}

/** 43 %, 0.08 %, -2.1 %, 99.952 %: two digits of what is there, or of what is missing to the whole. */
export function percent(share: number): string {
  const missing = 100 - 100 * share;
  const isAlmostAll = missing > 1e-6 && missing < 1;
  const value = isAlmostAll ? 100 - Number(missing.toPrecision(2)) : Number((100 * share).toPrecision(2));
  if (value !== 0 && Math.abs(value) < 1e-6) return `${value < 0 ? '-' : ''}less than 1e-6 %`;
  return `${isAlmostAll ? Number(value.toFixed(8)) : value} %`;
}

export function steps(count: number): string {
  return `${count} ${count === 1 ? 'step' : 'steps'}`;
}
