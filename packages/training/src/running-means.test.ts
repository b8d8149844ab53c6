import { expect, test } from 'vitest';
import { RunningMeans } from './running-means.js';

test('means of what is there, by name', () => {
  const running = new RunningMeans();
  running.add({ class: 1, box: Number.NaN, depth: Number.NaN });
  running.add({ class: 3, box: 10 });
  expect(running.means).toEqual({ class: 2, box: 10, depth: Number.NaN });
  running.clear();
  running.add({ box: 4 });
  expect(running.means).toEqual({ box: 4 });
});
