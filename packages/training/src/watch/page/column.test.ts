import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Column } from './column.js';

function naive(values: readonly number[], from: number, to: number) {
  const inside = values.slice(Math.max(0, from), Math.max(0, to)).filter((value) => !Number.isNaN(value));
  return inside.length === 0 ? null : { low: Math.min(...inside), high: Math.max(...inside) };
}

const value = fc.oneof(
  { weight: 9, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);

test('the extent of any stretch is that of its values, however they were appended', () => {
  const parts = fc.array(fc.array(value, { maxLength: 700 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(parts, fc.nat(3000), fc.nat(3000), (lists, a, b) => {
      const column = new Column();
      for (const list of lists) column.append(Float32Array.from(list));
      const all = lists.flat();
      expect(column.length).toBe(all.length);
      for (const [from, to] of [
        [a, b],
        [0, all.length],
        [-5, all.length + 5],
      ] as const) {
        expect(column.extent(from, to)).toEqual(naive(all, from, to));
      }
    }),
  );
});

test('a peak in a million values is found', () => {
  const column = new Column();
  const values = new Float32Array(1e6).fill(1);
  values[777_777] = 5;
  values[777_778] = -5;
  column.append(values);
  expect(column.extent(0, 1e6)).toEqual({ low: -5, high: 5 });
  expect(column.extent(777_778, 1e6)).toEqual({ low: -5, high: 1 });
  expect(column.extent(777_779, 1e6)).toEqual({ low: 1, high: 1 });
  expect(column.at(777_777)).toBe(5);
  expect([column.at(1e6), column.at(-1)]).toEqual([Number.NaN, Number.NaN]);
});
