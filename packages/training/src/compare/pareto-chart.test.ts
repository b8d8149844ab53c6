import { expect, test } from 'vitest';
import type { Row } from './analysis.js';
import { plain } from './contenders.js';
import { paretoChart } from './pareto-chart.js';
import { spreadOf } from './statistics.js';

const row = (name: string, x: readonly number[], y: readonly number[], isOnFront: boolean, diverged = 0): Row => ({
  name,
  choice: plain('sum'),
  kind: 'static',
  learningRate: 0.1,
  tuning: { runs: 1, seconds: 1 },
  diverged,
  metrics: { x: spreadOf(x), y: spreadOf(y) },
  losses: {},
  weights: {},
  secondsPerStep: 1,
  deltaM: spreadOf([1]),
  worst: undefined,
  meanRank: 1,
  isOnFront,
  pValue: undefined,
  beatsStatic: false,
});

const metric = (name: string) => ({ name, higherIsBetter: true, losses: ['a'] });

test('a circle per method, filled and named on the front, with bars of the standard error; the diverged are left out', () => {
  const rows = [row('<b>one', [1, 1.2], [3, 3.4], true), row('two', [0.5], [2], false), row('gone', [9], [9], true, 1)];
  const svg = paretoChart(rows, metric('x'), metric('y'));
  expect(svg.match(/<circle cx="[\d.]+" cy="[\d.]+" r="4" fill="none"/g)).toHaveLength(1);
  expect(svg).toContain('&#60;b&#62;one: x 1.100, y 3.200');
  expect(svg).not.toContain('gone');
  expect(svg).not.toContain('<b>');
  expect(svg).not.toContain('NaN');
  expect(svg).toContain('On the Pareto front: &#60;b&#62;one.');
});

test('nothing to show is a chart without points', () => {
  expect(paretoChart([], metric('x'), metric('y'))).toContain('On the Pareto front: none.');
});

test('what is far outside of the others is named and not drawn, unless it is on the front', () => {
  const near = Array.from({ length: 9 }, (_, at) => row(`near ${at}`, [1 + at / 10], [2], at === 0));
  const rows = [...near, row('lost', [9000], [2], false), row('odd', [-500], [2], true)];
  const svg = paretoChart(rows, metric('x'), metric('y'));
  expect(svg).toContain('>far outside: lost<');
  expect(svg.match(/<circle cx="[\d.]+" cy="[\d.]+" r="4" fill="[^"]+" stroke=/g)).toHaveLength(10);
  expect(paretoChart(near, metric('x'), metric('y'))).not.toContain('far outside');
});

test('names of points that lie together do not', () => {
  const rows = ['one', 'two', 'three'].map((name, at) => row(name, [1 + at / 1000], [2], true));
  const svg = paretoChart([...rows, row('four', [5], [9], false)], metric('x'), metric('y'));
  const heights = ['one', 'two', 'three'].map((name) =>
    Number(new RegExp(`y="([\\d.]+)"[^>]*>${name}<`).exec(svg)![1]),
  );
  const [a, b, c] = heights.toSorted((one, other) => one - other) as [number, number, number];
  expect(Math.min(b - a, c - b)).toBeGreaterThanOrEqual(12);
});
