import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { type LinearStep, linearStep, type Rows } from './linear-step.test.helper.js';

// Made by tools/goldens/make_m_config.py from the formulas of the paper, in float64.
interface Case {
  readonly name: string;
  readonly beta1: number;
  readonly beta2: number;
  /** [step][loss][parameter] */
  readonly gradients: readonly Rows[];
  /** [step][parameter] */
  readonly updates: Rows;
}
const file = new URL('../../goldens/m-config.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Case[] };

let linear: LinearStep | undefined;
afterEach(() => linear?.step.release());

test.each(cases)('$name', async ({ beta1, beta2, gradients, updates }) => {
  const [first] = gradients as [Rows];
  linear = await linearStep('m-config', [first.length, first[0]!.length], { beta1, beta2 });
  for (const [step, matrix] of gradients.entries()) {
    const losses = matrix.map(() => 1);
    const { update } = await linear.run(matrix, losses);
    const scale = Math.max(1, ...updates[step]!.map(Math.abs));
    for (const [at, value] of update.entries()) {
      expect(Math.abs(value - updates[step]![at]!) / scale, `step ${step + 1}, entry ${at}`).toBeLessThan(2e-4);
    }
  }
  // Before every loss has had its turn, and after.
  expect(updates[0]!.every((value) => value === 0)).toBe(true);
  expect(updates.at(-1)!.some((value) => Math.abs(value) > 0.1)).toBe(true);
});
