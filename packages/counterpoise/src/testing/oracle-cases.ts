import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { multiply } from '../linalg/vectors.js';
import type { Matrix } from '../matrix.js';

// Outputs of reference implementations in float64. They lie beside the repository, not in it.
const folder = new URL('../../../../../shared/oracles/', import.meta.url);
export const oraclesMissing = !existsSync(folder);

/** Title of a suite that reads the oracles, loud where they are not there. */
export function oracleTitle(what: string): string {
  return oraclesMissing ? `${what}: SKIPPED, ../shared/oracles is not here` : what;
}

export interface OracleResult {
  readonly aggregated: readonly number[];
  readonly weights?: readonly number[];
  readonly roundoff_sensitivity?: number | string;
  readonly error?: string;
}

export interface OracleCase<R extends OracleResult = OracleResult> {
  readonly id: string;
  readonly K: number;
  readonly matrix: Matrix;
  readonly gramian: Matrix;
  readonly weights_unique: boolean;
  readonly results: Readonly<Record<string, R>>;
}

/** The cases of a file whose `variant` has an answer that is no accident of rounding. */
export function oracleCases<R extends OracleResult>(file: string, variant: string): (OracleCase<R> & { result: R })[] {
  const { cases } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { cases: OracleCase<R>[] };
  return cases.flatMap((one) => {
    const result = one.results[variant];
    const sensitivity = result?.roundoff_sensitivity ?? 0;
    const isSound = result && !result.error && typeof sensitivity === 'number' && sensitivity < 1e-7;
    return isSound ? [{ ...one, result }] : [];
  });
}

/** sum_k w_k g_k. */
export function aggregate(matrix: Matrix, weights: readonly number[]): number[] {
  return multiply(
    matrix[0]!.map((_, column) => matrix.map((row) => row[column]!)),
    weights,
  );
}

/** The update of `weights` is the oracle's, relative to its largest entry; so are the weights where they are unique. */
export function expectOracle(
  one: OracleCase,
  { aggregated, weights: expected }: OracleResult,
  weights: readonly number[],
  tolerance: number,
): void {
  const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));
  const scale = Math.max(largest(aggregated), 1e-3 * largest(one.matrix.flat()));
  aggregate(one.matrix, weights).forEach((value, i) => {
    expect(Math.abs(value - aggregated[i]!), `${one.id}, column ${i}`).toBeLessThanOrEqual(tolerance * scale);
  });
  if (!expected || !one.weights_unique) return;
  weights.forEach((value, k) => {
    const difference = Math.abs(value - expected[k]!);
    expect(difference, `${one.id}, weight ${k}`).toBeLessThanOrEqual(tolerance * largest(expected));
  });
}
