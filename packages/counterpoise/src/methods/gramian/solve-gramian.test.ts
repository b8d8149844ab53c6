import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Balancer, type Method } from '../../index.js';
import { multiply } from '../../linalg/vectors.js';
import { gradients, gramianFrom, type Kind, someGradients } from '../../testing/gramians.js';
import { aggregate } from '../../testing/oracle-cases.js';
import { alignedMtl } from './aligned-mtl.js';
import { config } from './config.js';
import { fairgrad } from './fairgrad.js';
import { gradvac } from './gradvac.js';
import { imtlG } from './imtl-g.js';
import { nashMtl } from './nash-mtl.js';
import { pcgrad } from './pcgrad.js';

const symmetric: readonly (readonly [string, () => Method<null, 'gramian'>])[] = [
  ['imtl-g', imtlG],
  ['nash-mtl', nashMtl],
  ['nash-mtl, maxNorm 1', () => nashMtl({ maxNorm: 1 })],
  ['fairgrad', fairgrad],
  ['aligned-mtl', alignedMtl],
  ['aligned-mtl, median', () => alignedMtl({ scaleMode: 'median' })],
  ['aligned-mtl, rmse, float32', () => alignedMtl({ scaleMode: 'rmse', precision: 'float32' })],
  ['config', config],
];
const everyKind: readonly Kind[] = [
  'independent',
  'acute',
  'conflicting',
  'dependent',
  'duplicated',
  'opposed',
  'zero-row',
];

describe.each(symmetric)('%s', (_name, create) => {
  const weigh = (rows: number[][]) =>
    Object.values(new Balancer(create()).weigh({ gramian: gramianFrom(rows) }).weights);

  test('tasks in another order weigh the same', () => {
    fc.assert(
      fc.property(someGradients(['independent', 'acute', 'conflicting', 'zero-row'], [0, 3]), ({ rows }) => {
        const straight = weigh(rows);
        const turned = weigh([...rows].reverse()).reverse();
        const largest = Math.max(...straight.map(Math.abs));
        turned.forEach((weight, k) => {
          expect(Math.abs(weight - straight[k]!)).toBeLessThan(1e-9 * largest);
        });
      }),
      { seed: 8, numRuns: 60 },
    );
  });

  test('dependent gradients in another order: the same update', () => {
    fc.assert(
      fc.property(someGradients(['dependent', 'duplicated'], [0], [3, 5, 8]), ({ rows }) => {
        const straight = aggregate(rows, weigh(rows));
        const turned = [...rows].reverse();
        const largest = Math.max(...straight.map(Math.abs), ...rows.flat().map(Math.abs));
        aggregate(turned, weigh(turned)).forEach((value, j) => {
          expect(Math.abs(value - straight[j]!)).toBeLessThan(1e-6 * largest);
        });
      }),
      { seed: 9, numRuns: 60 },
    );
  });
});

describe.each([...symmetric, ['pcgrad', pcgrad], ['gradvac', gradvac]] as const)('%s', (_name, create) => {
  test('one task, whatever its length: a positive weight', () => {
    for (const length of [1e-150, 1e-5, 1, 1e150]) {
      const { weights } = new Balancer(create()).weigh({ gramian: [[length * length]] });
      expect(weights.t1).toBeGreaterThan(0);
      expect(weights.t1).toBeLessThan(Number.POSITIVE_INFINITY);
    }
  });

  test('always finite: any kind, lengths over 0 to 200 decades, up to 64 tasks, and all gradients zero', () => {
    fc.assert(
      fc.property(someGradients(everyKind, [0, 6, 30, 140, 200], [1, 2, 3, 8, 64]), ({ rows, spread }) => {
        const down = rows.map((row) => row.map((value) => value * 10 ** (-spread / 2)));
        const { weights, reasons } = new Balancer(create()).weigh({ gramian: gramianFrom(down) });
        for (const weight of Object.values(weights)) expect(Number.isFinite(weight)).toBe(true);
        for (const reason of Object.values(reasons)) expect(reason.message).not.toContain('NaN');
      }),
      { seed: 10, numRuns: 60 },
    );
    const { weights } = new Balancer(create()).weigh({
      gramian: [
        [0, 0],
        [0, 0],
      ],
    });
    for (const weight of Object.values(weights)) expect(Number.isFinite(weight)).toBe(true);
  });

  test('a zero gradient leaves the update of the others as it is', () => {
    const rows = gradients('conflicting', 5, 2, 31);
    const balancer = () => new Balancer(create());
    const alone = Object.values(balancer().weigh({ gramian: gramianFrom(rows.slice(0, 2)) }).weights);
    const zero = rows[0]!.map(() => 0);
    const more = balancer().weigh({ gramian: gramianFrom([...rows.slice(0, 2), zero]) }).weights;
    // Two gradients: the order in which pcgrad and gradvac visit does not matter. 1 / K counts the third task.
    expect(more.t1! / more.t2!).toBeCloseTo(alone[0]! / alone[1]!, 12);
    expect(Math.abs(more.t1!)).toBeGreaterThan(0);
  });
});

test.each([
  ['nash-mtl', nashMtl],
  ['fairgrad', fairgrad],
] as const)('%s: no loss rises where a solution exists', (_name, create) => {
  fc.assert(
    fc.property(someGradients(['independent', 'acute', 'conflicting', 'dependent'], [0, 3]), ({ rows }) => {
      const gramian = gramianFrom(rows);
      const { weights, reasons } = new Balancer(create()).weigh({ gramian });
      if (Object.keys(reasons).length > 0) return;
      for (const value of multiply(gramian, Object.values(weights))) expect(value).toBeGreaterThan(0);
    }),
    { seed: 11, numRuns: 100 },
  );
});
