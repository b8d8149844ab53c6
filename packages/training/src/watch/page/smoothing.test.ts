import { expect, test } from 'vitest';
import { defaultPosition, SMOOTHING_POSITIONS, smoothed, timeConstant } from './smoothing.js';
import { Table } from './table.js';

function source(steps: readonly number[], values: readonly number[]) {
  const table = new Table();
  const add = (someSteps: readonly number[], some: readonly number[]) =>
    table.append(Float64Array.from(someSteps), [['x', Float32Array.from(some)]]);
  add(steps, values);
  return { add, curve: { table, column: table.columns.get('x')! } };
}

/** The formula as it stands in smoothing.ts. */
function direct(steps: readonly number[], values: readonly number[], tau: number, at: number): number {
  let [sum, weight] = [0, 0];
  for (let row = 0; row <= at; row++) {
    if (Number.isNaN(values[row]!)) continue;
    const factor = Math.exp(-(steps[at]! - steps[row]!) / tau);
    sum += factor * values[row]!;
    weight += factor;
  }
  return sum / weight;
}

const STEPS = [1, 2, 3, 7, 8, 20, 21, 22];
const VALUES = [5, 1, 4, 2, 8, 3, 9, 6];

test('is the weighted mean of the past, also for steps that are unequally far apart', () => {
  const { column } = smoothed(source(STEPS, VALUES).curve, 3);
  expect(column.length).toBe(8);
  for (const row of STEPS.keys()) expect(column.at(row)).toBeCloseTo(direct(STEPS, VALUES, 3, row), 5);
  expect(column.at(0)).toBe(5);
});

test('a run that grows ends at the same values as one that is there at once', () => {
  const { curve, add } = source(STEPS.slice(0, 3), VALUES.slice(0, 3));
  smoothed(curve, 3);
  add(STEPS.slice(3), VALUES.slice(3));
  const grown = smoothed(curve, 3);
  expect([...grown.column.values]).toEqual([...smoothed(source(STEPS, VALUES).curve, 3).column.values]);
  expect(smoothed(curve, 3)).toBe(grown);
  expect(smoothed(curve, 4)).not.toBe(grown);
});

test('with a long time constant every few rows have a value, and that one is exact', () => {
  const steps = Array.from({ length: 1000 }, (_, row) => row + 1);
  const values = steps.map((step) => Math.sin(step));
  const { curve, add } = source(steps.slice(0, 333), values.slice(0, 333));
  smoothed(curve, 100);
  add(steps.slice(333), values.slice(333));
  const { table, column } = smoothed(curve, 100);
  expect([...table.steps]).toEqual(steps.filter((_, row) => row % 6 === 0));
  for (const row of [0, 20, 100]) expect(column.at(row)).toBeCloseTo(direct(steps, values, 100, 6 * row), 5);
});

test('gaps and infinities keep the value before them', () => {
  const values = [Number.NaN, 4, Number.NaN, Number.POSITIVE_INFINITY, 4];
  const { column } = smoothed(source([1, 2, 3, 4, 5], values).curve, 5);
  expect(column.at(0)).toBeNaN();
  for (const row of [1, 2, 3, 4]) expect(column.at(row)).toBeCloseTo(4, 6);
});

test('the slider goes from off to long, and begins at a hundredth of the run', () => {
  const all = Array.from({ length: SMOOTHING_POSITIONS + 1 }, (_, position) => timeConstant(position));
  expect(all.slice(0, 8)).toEqual([0, 1, 2, 3, 6, 10, 18, 32]);
  expect(all).toEqual([...all].sort((a, b) => a - b));
  expect([0, 10, 750, 1e6, 1e12].map((steps) => timeConstant(defaultPosition(steps)))).toEqual([
    0, 0, 10, 10000, 56234,
  ]);
});
