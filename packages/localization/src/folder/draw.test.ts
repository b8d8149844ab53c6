import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawFold, drawFraction } from './draw.js';

/** `counts` items of each class. */
function items(counts: Record<string, number>) {
  return Object.entries(counts).flatMap(([stratum, count]) => {
    return Array.from({ length: count }, (_, index) => ({ id: `${stratum}${index}`, stratum }));
  });
}

function countOf(ids: ReadonlySet<string>, stratum: string): number {
  return [...ids].filter((id) => id.replace(/\d+$/, '') === stratum).length;
}

const anyCounts = fc.dictionary(fc.stringMatching(/^[a-f]{1,3}$/), fc.integer({ min: 1, max: 40 }), {
  minKeys: 1,
  maxKeys: 8,
});

describe('drawFraction', () => {
  it('takes each class by its share', () => {
    const ids = drawFraction(items({ ace: 100, king: 20, joker: 5 }), 0.2, 1);
    expect(['ace', 'king', 'joker'].map((name) => countOf(ids, name))).toEqual([20, 4, 1]);
  });

  it('leaves a class with one item in train while others have more', () => {
    const ids = drawFraction(items({ ace: 1, king: 1, queen: 6 }), 0.5, 1);
    expect(['ace', 'king', 'queen'].map((name) => countOf(ids, name))).toEqual([0, 0, 4]);
  });

  it('draws of a class whatever the other classes are', () => {
    const alone = drawFraction(items({ king: 20 }), 0.25, 5);
    const beside = drawFraction(items({ ace: 40, king: 20 }), 0.25, 5);
    expect([...beside].filter((id) => id.startsWith('king')).sort()).toEqual([...alone].sort());
  });

  it('gives the rounded number, never none and never all, and each class its share within one', () => {
    fc.assert(
      fc.property(anyCounts, fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.nat(), (counts, fraction, seed) => {
        const all = items(counts);
        const ids = drawFraction(all, fraction, seed);
        const wanted = Math.min(all.length - 1, Math.max(1, Math.round(all.length * fraction)));
        expect(ids.size).toBe(all.length < 2 ? 0 : wanted);
        for (const [name, count] of Object.entries(counts)) {
          expect(Math.abs(countOf(ids, name) - count * fraction)).toBeLessThanOrEqual(
            countOf(ids, name) === 0 ? 2 : 1 + 1e-9,
          );
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('drawFold', () => {
  it('deals every item to one fold; folds and their classes differ by at most one item', () => {
    fc.assert(
      fc.property(anyCounts, fc.integer({ min: 2, max: 6 }), fc.nat(), (counts, of, seed) => {
        const all = items(counts);
        const folds = Array.from({ length: of }, (_, at) => drawFold(all, at + 1, of, seed));
        expect(folds.flatMap((fold) => [...fold]).sort()).toEqual(all.map(({ id }) => id).sort());
        const groups = [
          folds.map((fold) => fold.size),
          ...Object.keys(counts).map((name) => folds.map((fold) => countOf(fold, name))),
        ];
        for (const sizes of groups) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
