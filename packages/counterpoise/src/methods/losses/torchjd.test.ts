import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AdamScalar } from '../../adam.js';
import { Balancer } from '../../balancer.js';
import type { Method } from '../../method.js';
import { imtlL } from '../learned/imtl-l.js';
import type { LearnedMemory } from '../learned/learned-rule.js';
import { uncertainty } from '../learned/uncertainty.js';
import { dwa } from './dwa.js';
import { geometricMean } from './geometric-mean.js';

// Outputs of TorchJD 0.17.0 and LibMTL in float64. They lie beside the repository, not in it.
const folder = new URL('../../../../../../shared/oracles/', import.meta.url);
const missing = !existsSync(folder);
const title = missing ? 'loss-value oracles: SKIPPED, ../shared/oracles is not here' : 'loss-value oracles';

function read<R>(file: string): readonly { readonly id: string; readonly results: Readonly<Record<string, R>> }[] {
  const { cases } = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  expect(cases.length).toBeGreaterThan(5);
  return cases;
}

const byTask = (values: readonly number[]) => Object.fromEntries(values.map((value, i) => [`task${i}`, value]));

function expectNear(actual: readonly number[], expected: readonly number[], where: string): void {
  expect(actual.length, where).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(actual[i]! - value), where).toBeLessThanOrEqual(1e-12 * Math.abs(value));
  }
}

describe.skipIf(missing)(title, () => {
  test('scalarizer_geometric_mean.json: value = K times each term, gradient = weights', () => {
    type Scalarized = { losses: number[]; value: number; grad_losses: number[] };
    for (const { id, results } of read<Scalarized>('scalarizer_geometric_mean.json')) {
      const { losses, value, grad_losses } = results.default!;
      const { weights, total } = new Balancer(geometricMean()).weigh({ losses: byTask(losses) });
      expectNear(Object.values(weights), grad_losses, id);
      expectNear([total], [value], id);
    }
  });

  test('scalarizer_dwa.json: value and gradient in every batch of four epochs', () => {
    type Batch = { losses: number[]; value: number; grad_losses: number[] };
    type Run = { temperature: number; epochs: { batches: Batch[] }[] };
    for (const { id, results } of read<Run>('scalarizer_dwa.json')) {
      for (const { temperature, epochs } of Object.values(results)) {
        const balancer = new Balancer(dwa({ temperature }));
        for (const [epoch, { batches }] of epochs.entries()) {
          for (const { losses, value, grad_losses } of batches) {
            const { weights, total } = balancer.weigh({ losses: byTask(losses), epoch });
            expectNear(Object.values(weights), grad_losses, `${id} epoch ${epoch}`);
            expectNear([total], [value], id);
          }
        }
      }
    }
  });

  type Learned = { losses: number[]; grad_losses?: number[] } & Readonly<Record<string, number[]>>;
  const learned: readonly [string, (initial: Readonly<Record<string, number>>) => Method<LearnedMemory>, string[]][] = [
    ['scalarizer_uw.json', (initial) => uncertainty({ initial }), ['log_var', 'grad_params']],
    ['scalarizer_imtl_l.json', (initial) => imtlL({ initial }), ['log_scale', 'grad_params']],
    ['libmtl_imtl.json', (initial) => imtlL({ initial }), ['loss_scale', 'grad_loss_scale']],
  ];
  test.each(learned)('%s: gradients for the losses and for s', (file, create, [parameter, gradient]) => {
    for (const { id, results } of read<Learned>(file)) {
      for (const result of Object.values(results)) {
        // LibMTL: its matrix may have been singular, after which there is nothing to compare.
        const slopes = result[gradient!];
        if (!slopes) continue;
        const losses = byTask(result.losses);
        const method = create(byTask(result[parameter!]!));
        const { weights, state } = method.update({ losses }, method.init(Object.keys(losses)));
        if (result.grad_losses) expectNear(Object.values(weights), result.grad_losses, id);
        // The first moment of Adam after one step is (1 - beta1) times the gradient.
        const taken = state.memory.map((scalar) => (scalar as AdamScalar).m / (1 - 0.9));
        for (const [i, slope] of slopes.entries()) {
          // The difference of e^s L and 1 loses digits where the two are close.
          expect(Math.abs(taken[i]! - slope), id).toBeLessThanOrEqual(1e-14 * (1 + Math.abs(slope) * 100));
        }
      }
    }
  });
});
