import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** One result per variant, of each case of an oracle file whose inputs are losses. */
export function lossOracles<R>(file: string): readonly { readonly where: string; readonly result: R }[] {
  const path = new URL(`../../../../../shared/oracles/${file}`, import.meta.url);
  const cases: { id: string; results: Record<string, R> }[] = JSON.parse(readFileSync(path, 'utf8')).cases;
  expect(cases.length).toBeGreaterThan(5);
  return cases.flatMap(({ id, results }) =>
    Object.entries(results).map(([variant, result]) => ({ where: `${file} ${id} ${variant}`, result })),
  );
}

/** A list as a record by task name; `null` stays. */
export function byTask<V extends readonly number[] | null>(
  values: V,
): V extends null ? null : Readonly<Record<string, number>>;
export function byTask(values: readonly number[] | null): Readonly<Record<string, number>> | null {
  return values && Object.fromEntries(values.map((value, i) => [`task${i}`, value]));
}

/** Every entry within `tolerance` of the expected one, relative to the largest. */
export function expectNear(
  actual: readonly number[],
  expected: readonly number[],
  where: string,
  tolerance = 1e-12,
): void {
  expect(actual.length, where).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `${where} [${i}]`).toBeLessThanOrEqual(tolerance * largest);
  });
}
