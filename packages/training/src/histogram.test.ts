import { expect, test } from 'vitest';
import { type HistogramOptions, histogram } from './histogram.js';

const options: HistogramOptions = { title: 'Overlap', xLabel: 'IoU', range: [0, 1], bins: 4 };
const described = (svg: string) => /<desc>([^<]*)<\/desc>/.exec(svg)![1];

test('counts values per bar, the ends included, and leaves out what is beyond them', () => {
  const svg = histogram([0, 0.1, 0.25, 0.9, 1, -0.1, 1.1, Number.NaN, Number.POSITIVE_INFINITY], options);
  expect(described(svg)).toBe('2 from 0 to 0.2500. 1 from 0.2500 to 0.5000. 2 from 0.7500 to 1.');
  expect(svg.match(/<rect/g)).toHaveLength(3);
  expect(svg).toContain('<title>2 from 0.7500 to 1</title>');
});

test('the heights are as the counts, from the ground of the plot', () => {
  const svg = histogram([0.1, 0.1, 0.6], options);
  const bars = [...svg.matchAll(/y="([\d.]+)" width="[\d.]+" height="([\d.]+)"/g)].map(([, y, height]) => [
    Number(y),
    Number(height),
  ]);
  expect(bars[0]![1]).toBeCloseTo(2 * bars[1]![1]!, 5);
  for (const [y, height] of bars) expect(y! + height!).toBeCloseTo(258, 5);
});

test('says so when there is nothing, and marks what it is told', () => {
  expect(described(histogram([], options))).toBe('No data.');
  const svg = histogram([0.5], { ...options, mark: { at: 0.5, label: '<right & wrong>' } });
  expect(svg).toContain('&#60;right &#38; wrong&#62;');
  expect(svg).toContain('stroke-dasharray');
});

test('names a wrong argument', () => {
  expect(() => histogram([], { ...options, bins: 0 })).toThrow('"bins" must be an integer >= 1, got 0');
  expect(() => histogram([], { ...options, range: [1, 1] })).toThrow('"range" must rise, got 1 to 1');
});
