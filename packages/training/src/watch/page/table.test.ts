import { expect, test } from 'vitest';
import { Table } from './table.js';

const column = (...values: number[]) => Float32Array.from(values);

test('a column that comes later, or stays away, has gaps', () => {
  const table = new Table();
  table.append(Float64Array.of(1, 2), [['a', column(10, 20)]]);
  table.append(Float64Array.of(3), [['b', column(7)]]);
  expect([...table.columns.get('a')!.values]).toEqual([10, 20, Number.NaN]);
  expect([...table.columns.get('b')!.values]).toEqual([Number.NaN, Number.NaN, 7]);
});

test('rows are found by their step', () => {
  const table = new Table();
  table.append(Float64Array.of(10, 20, 20, 40), []);
  expect([5, 10, 11, 20, 21, 41].map((step) => table.firstRowFrom(step))).toEqual([0, 0, 1, 1, 3, 4]);
  expect([-9, 14, 16, 29, 31, 99].map((step) => table.nearestRow(step))).toEqual([0, 0, 1, 2, 3, 3]);
  expect(new Table().nearestRow(1)).toBe(-1);
  expect([table.stepAt(-1), table.stepAt(4)]).toEqual([Number.NaN, Number.NaN]);
});

test('steps never go back', () => {
  const table = new Table();
  table.append(Float64Array.of(5, 3), []);
  table.append(Float64Array.of(4, 6), []);
  expect([...table.steps]).toEqual([5, 5, 5, 6]);
});

test('a column of another length than the steps is not taken, and no more columns than a page can show', () => {
  const table = new Table();
  table.append(Float64Array.of(1), [['a', column(1, 2)]]);
  expect(table.columns.size).toBe(0);
  table.append(
    Float64Array.of(2),
    Array.from({ length: 600 }, (_, index) => [`c${index}`, column(index)] as const),
  );
  expect(table.columns.size).toBe(512);
});
