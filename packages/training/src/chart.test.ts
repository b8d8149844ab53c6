import { describe, expect, it } from 'vitest';
import { type ChartOptions, type ChartSeries, lineChart } from './chart.js';

const options: ChartOptions = { title: 'Loss: box', xLabel: 'epoch' };
const series = (y: number[], more: Partial<ChartSeries> = {}): ChartSeries => {
  return { name: 'training', x: y.map((_, at) => at + 1), y, color: 0, ...more };
};
/** The data of the drawn lines: the paths that have the thickness of a series. */
const lines = (svg: string) =>
  [...svg.matchAll(/<path d="([^"]*)" fill="none" stroke="var\(--series/g)].map((found) => found[1]!);
const count = (svg: string, part: string) => svg.split(part).length - 1;

describe('lineChart', () => {
  it('draws a line through its points: the whole width, low values low', () => {
    const svg = lineChart([series([0, 0.5, 1])], options);
    expect(lines(svg)).toEqual(['M52 258L297 158L542 58']);
    expect(count(svg, '<circle')).toBe(3);
    expect(svg).toContain('<title>training: 0.5000 at 2</title>');
  });

  it('draws a log axis: equal factors are equal distances', () => {
    const svg = lineChart([series([1, 10, 100])], { ...options, yAxis: 'log' });
    expect(lines(svg)).toEqual(['M52 258L297 158L542 58']);
    expect(svg).toContain('>100</text>');
  });

  it('says in words what it shows', () => {
    const svg = lineChart([series([4, 2, Number.NaN])], options);
    expect(svg).toContain('<title>Loss: box</title><desc>training: from 4 at epoch 1 to 2 at epoch 2.</desc>');
    expect(svg).toContain('role="img"');
  });

  it('breaks the line at NaN, and at what a log axis cannot show, and marks a lonely point', () => {
    const linear = lineChart([series([1, 2, Number.NaN, 3, Number.POSITIVE_INFINITY, 2])], options);
    expect(count(lines(linear)[0]!, 'M')).toBe(3);
    const log = lineChart([series([1, 2, 0, 3, 4])], { ...options, yAxis: 'log' });
    expect(count(lines(log)[0]!, 'M')).toBe(2);
    const long = Array.from({ length: 100 }, (_, at) => (at === 50 || at === 52 ? Number.NaN : 1));
    expect(count(lineChart([series(long)], options), '<circle')).toBe(1);
  });

  it('takes one point, a constant series, no value and no series', () => {
    for (const yAxis of ['linear', 'log'] as const) {
      for (const y of [[3], [3, 3, 3], [Number.NaN], [0], []]) {
        const svg = lineChart([series(y)], { ...options, yAxis });
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        expect(svg.includes('no data')).toBe(!y.some((value) => (yAxis === 'log' ? value > 0 : value >= 0)));
      }
    }
    expect(lineChart([], options)).toContain('no data');
    expect(lineChart([], options)).toContain('<desc>No data.</desc>');
  });

  it('keeps values that no axis shows out of the picture', () => {
    const svg = lineChart([series([1, 1e308, 2, 3])], options);
    expect(svg).not.toMatch(/NaN|Infinity|e\+/);
    expect(count(lines(svg)[0]!, 'M')).toBe(2);
  });

  it('stays small with a hundred thousand points', () => {
    const svg = lineChart([series(Array.from({ length: 100_000 }, (_, at) => Math.sin(at)))], options);
    expect(svg.length).toBeLessThan(40_000);
    expect(count(svg, '<circle')).toBe(0);
  });

  it('names every look once in the legend, in rows where needed, and faint lines lie behind', () => {
    const many = Array.from({ length: 8 }, (_, color) =>
      series([1, 2], { name: `a rather long name ${color}`, color }),
    );
    const svg = lineChart([...many, many[0]!, { x: [1, 2], y: [1, 2], color: 5, look: 'faint' }], options);
    expect(count(svg, '>a rather long name 0</text>')).toBe(1);
    const rows = new Set([...svg.matchAll(/y="(\d+)"[^>]*>a rather/g)].map((found) => found[1]));
    expect(rows.size).toBeGreaterThan(1);
    expect(svg.indexOf('opacity="0.35"')).toBeLessThan(svg.indexOf('stroke-width="2"'));
    expect(lineChart([series([1, 2], { look: 'dashed' })], options)).toContain('stroke-dasharray');
  });

  it('escapes every text', () => {
    const evil = '</svg><script>alert("1")</script>&\u0000';
    const svg = lineChart([series([1, 2], { name: evil })], { title: evil, xLabel: evil });
    expect(svg).not.toMatch(/<script|&(?!#\d+;)/);
    expect(svg).not.toContain('\u0000');
    expect(count(svg, '</svg>')).toBe(1);
  });

  it('is deterministic and well-formed', () => {
    const draw = () => lineChart([series([1, 2, 3]), series([3, 2, 1], { color: 1, look: 'dashed' })], options);
    expect(draw()).toBe(draw());
    const open: string[] = [];
    for (const [, close, name, self] of draw().matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name);
      else if (!self) open.push(name!);
    }
    expect(open).toEqual([]);
  });

  it('refuses a series whose x and y differ in length', () => {
    expect(() => lineChart([{ name: 'a', x: [1], y: [], color: 0 }], options)).toThrow(
      'series "a": "x" and "y" must be equally long, got 1 and 0',
    );
  });
});
