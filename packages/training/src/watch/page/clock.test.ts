import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Clock } from './clock.js';

function clockOf(...rows: (readonly [step: number, seconds: number])[]): Clock {
  const clock = new Clock();
  clock.append(
    rows.map(([step]) => step),
    rows.map(([, seconds]) => seconds),
  );
  return clock;
}

test('evenly between the rows, at the last pace behind them, and back', () => {
  const clock = clockOf([10, 5], [20, 1]);
  expect([0, 5, 10, 15, 20, 40].map((step) => clock.secondsAt(step))).toEqual([0, 2.5, 5, 5.5, 6, 8]);
  expect([0, 2.5, 5, 5.5, 6, 8].map((seconds) => clock.stepAt(seconds))).toEqual([0, 5, 10, 15, 20, 40]);
});

test('nothing is known without a row, or with rows that tell no time', () => {
  for (const clock of [
    new Clock(),
    clockOf([10, Number.NaN], [20, 0], [30, -1], [0, 5], [40, Number.POSITIVE_INFINITY]),
  ]) {
    expect([clock.isRunning, clock.secondsAt(3), clock.stepAt(3)]).toEqual([false, Number.NaN, Number.NaN]);
  }
  expect(clockOf([10, Number.NaN], [20, 4]).secondsAt(10)).toBe(2);
});

test('epochs that were done again after a crash count once', () => {
  const clock = clockOf([10, 5], [20, 5], [30, 5], [20, 7], [30, 7]);
  expect([10, 20, 30].map((step) => clock.secondsAt(step))).toEqual([5, 12, 19]);
});

test('whatever the rows are, time does not go back, and both ways agree where it passes', () => {
  const row = fc.tuple(fc.integer({ min: -5, max: 50 }), fc.double({ min: -1, max: 1000, noNaN: true }));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), (rows) => {
      const clock = clockOf(...rows);
      fc.pre(clock.isRunning);
      let last = -1;
      for (let step = 0; step <= 60; step++) {
        const seconds = clock.secondsAt(step);
        expect(seconds).toBeGreaterThanOrEqual(last);
        if (rows.every(([, passed]) => passed <= 0 || passed > 1e-3))
          expect(clock.stepAt(seconds)).toBeCloseTo(step, 3);
        last = seconds;
      }
    }),
  );
});
