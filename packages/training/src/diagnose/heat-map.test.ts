import { describe, expect, it } from 'vitest';
import { heatMap } from './heat-map.js';

const names = ['class', 'box'];
const count = (svg: string, part: string) => svg.split(part).length - 1;

describe('heatMap', () => {
  it('has the number in every cell, its colour by the sign and its strength by the size', () => {
    const svg = heatMap({
      title: 'Mean cosines',
      names,
      values: [
        [1, -0.5],
        [-0.5, 1],
      ],
    });
    expect(count(svg, '>1.00</text>')).toBe(2);
    expect(count(svg, '>-0.50</text>')).toBe(2);
    expect(svg).toMatch(/fill="var\(--series-1, [^)]+\)" fill-opacity="0.300"><title>class, box: -0.50</);
    expect(svg).toMatch(/fill="var\(--series-0, [^)]+\)" fill-opacity="0.600"><title>box, box: 1.00</);
    expect(svg).toContain('<desc>class and box: -0.50.</desc>');
  });

  it('says what is not known', () => {
    const svg = heatMap({
      title: 'x',
      names,
      values: [
        [1, null],
        [null, 1],
      ],
    });
    expect(count(svg, '>–</text>')).toBe(2);
    expect(svg).toContain('<desc>No data.</desc>');
    expect(svg).not.toMatch(/NaN|null|undefined/);
  });

  it('of many losses the cells keep their titles, and the file stays small', () => {
    const many = Array.from({ length: 64 }, (_, at) => `loss ${at}`);
    const svg = heatMap({ title: 'x', names: many, values: many.map(() => many.map(() => 0)) });
    expect(count(svg, '<rect')).toBe(64 * 64);
    expect(svg).toContain('<title>loss 3, loss 9: 0.00</title>');
    expect(count(svg, '<text')).toBe(1);
    expect(svg.length).toBeLessThan(1_000_000);
  });

  it('escapes names and cuts long ones', () => {
    const evil = ['</svg><script>alert(1)</script>', 'a very long name of a loss'.repeat(9)];
    const svg = heatMap({
      title: 'x',
      names: evil,
      values: [
        [1, 0],
        [0, 1],
      ],
    });
    expect(svg).not.toContain('<script');
    expect(svg).toContain('…</text>');
    expect(count(svg, '</svg>')).toBe(1);
  });

  it('refuses what is not square', () => {
    expect(() => heatMap({ title: 'x', names, values: [[1, 2]] })).toThrow('"values" must be 2 x 2, as many as names');
  });
});
