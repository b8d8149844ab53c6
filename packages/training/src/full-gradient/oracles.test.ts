import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { gradDropStage } from './grad-drop.js';
import { linearStep as compileLinearStep, type LinearStep, type Rows } from './linear-step.test.helper.js';
import { createStepMethod } from './step-method.js';

// Outputs of TorchJD and LibMTL in float64. They lie beside the repository, not in it.
const folder = new URL('../../../../../shared/oracles/', import.meta.url);
const isMissing = !existsSync(folder);

interface Oracle {
  readonly matrix: Rows;
  readonly aggregated: readonly number[];
  readonly losses: readonly number[];
  readonly weights: readonly number[];
}

interface Case<R> {
  readonly id: string;
  readonly K: number;
  readonly n: number;
  readonly matrix: Rows;
  readonly results: Readonly<Record<string, R>>;
}

function casesOf<R = Oracle>(file: string): Case<R>[] {
  if (isMissing) return [];
  return (JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { cases: Case<R>[] }).cases;
}

const compiled: LinearStep[] = [];
afterEach(() => {
  for (const { step } of compiled.splice(0)) step.release();
});

async function linearStep(...made: Parameters<typeof compileLinearStep>): Promise<LinearStep> {
  const step = await compileLinearStep(...made);
  compiled.push(step);
  return step;
}

/** To float32, relative to the largest entry of the answer; at least to a share of the largest gradient, for what cancels. */
function expectSame(
  actual: readonly number[],
  expected: readonly number[],
  matrix: Rows,
  { tolerance = 1e-5, share = 1e-3 } = {},
): void {
  const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));
  const scale = Math.max(largest(expected), share * largest(matrix.flat()));
  for (const [i, value] of actual.entries()) {
    expect(Math.abs(value - expected[i]!), `entry ${i}: ${value}, not ${expected[i]}`).toBeLessThan(tolerance * scale);
  }
}

const title = (what: string) => (isMissing ? `${what}: SKIPPED, ../shared/oracles is not here` : what);
const ones = (count: number) => new Array<number>(count).fill(1);

describe.skipIf(isMissing)(title('the update of the reference'), () => {
  type Drop = Oracle & { readonly uniform: readonly number[]; readonly leak: readonly number[] | null };
  test.each(casesOf<Drop>('graddrop.json'))('grad-drop $id', async ({ K, n, matrix, results }) => {
    for (const { aggregated, uniform, leak } of Object.values(results)) {
      let drawn = 0;
      const stage = gradDropStage(
        (loss) => leak?.[Number(loss.slice(1)) - 1] ?? 0,
        () => () => uniform[drawn++]!,
      );
      const { method } = createStepMethod('grad-drop');
      const step = await linearStep({ method, stage }, [K, n]);
      const { update } = await step.run(matrix, ones(K));
      expectSame(update, aggregated, matrix);
    }
  });

  test.each(casesOf('trimmed_mean.json'))('trimmed-mean $id', async ({ K, n, matrix, results }) => {
    for (const trim of [0, 1, 2].filter((cut) => 2 * cut < K)) {
      const step = await linearStep('trimmed-mean', [K, n], { trim });
      const { update } = await step.run(matrix, ones(K));
      expectSame(update, results[`t${trim}`]!.aggregated, matrix);
    }
  });

  type Moco = { readonly steps: readonly (Oracle & { readonly y: Rows })[] };
  test.each(casesOf<Moco>('libmtl_moco.json'))('moco $id', async ({ K, n, results }) => {
    for (const [variant, rho] of [
      ['default', 0],
      ['rho0.1', 0.1],
    ] as const) {
      const step = await linearStep('moco', [K, n], { projection: 'softmax', rho });
      for (const { matrix, losses, aggregated, y } of results[variant]!.steps) {
        const { update } = await step.run(matrix, losses);
        expectSame(update, aggregated, y);
        for (const [k, tracked] of y.entries()) {
          expectSame([...step.stage!.state.stateDict().get(`theta.moco.l${k + 1}`)!.data], tracked, y);
        }
      }
    }
  });

  type Averaged = { readonly steps: readonly (Oracle & { readonly grad_buffer: Rows })[] };
  test.each(casesOf<Averaged>('libmtl_db_mtl.json'))('db-mtl with momentum $id', async ({ K, n, results }) => {
    const step = await linearStep('db-mtl', [K, n], { momentum: 0.9 });
    for (const { matrix, losses, aggregated, grad_buffer: buffer } of results['b0.9_s0']!.steps) {
      const { update } = await step.run(matrix, losses);
      expectSame(update, aggregated, buffer, { share: 1 });
    }
  });

  // TorchJD multiplies by exp(eta e_k) with the risks of the first step, which have no unit yet; here they move nothing.
  type Excess = { readonly steps: readonly Oracle[] };
  const finite = casesOf<Excess>('excess_mtl.json').filter(({ results }) =>
    results['s_0.1']!.steps.every(({ weights }) => weights.every((weight) => typeof weight === 'number')),
  );
  test.each(finite)('excess-mtl $id', async ({ K, n, results }) => {
    const { steps } = results['s_0.1']!;
    const step = await linearStep('excess-mtl', [K, n], { eta: 0.1 });
    const first = steps[0]!.weights;
    for (const [at, { matrix, weights: expected }] of steps.entries()) {
      const { weights, update } = await step.run(matrix, ones(K));
      const raw = weights.map((weight, k) => weight * first[k]!);
      const total = raw.reduce((sum, value) => sum + value, 0);
      expectSame(
        raw.map((value) => value / total),
        expected,
        [expected],
      );
      expectSame(
        update,
        matrix[0]!.map((_, i) => weights.reduce((sum, weight, k) => sum + weight * matrix[k]![i]!, 0)),
        matrix,
      );
      expect(at > 0 || weights.every((weight) => Math.abs(weight - 1) < 1e-12)).toBe(true);
    }
  });

  type Vaccine = Oracle & { readonly roundoff_sensitivity: number | string; readonly second_call: Oracle };
  const sound = casesOf<Vaccine>('gradvac.json').filter(({ results }) => {
    const { roundoff_sensitivity: sensitivity } = results.ascending!;
    return typeof sensitivity === 'number' && sensitivity < 1e-12;
  });
  test.each(sound)('gradvac of one layer $id', async ({ K, n, matrix, results }) => {
    const step = await linearStep('gradvac', [K, n], { per: 'layer', order: 'ascending', epsilon: 1e-8 });
    const { ascending } = results;
    expectSame((await step.run(matrix, ones(K))).update, ascending!.aggregated, matrix, { tolerance: 1e-4 });
    expectSame((await step.run(matrix, ones(K))).update, ascending!.second_call.aggregated, matrix, {
      tolerance: 1e-4,
    });
  });
});
