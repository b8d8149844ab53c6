import { describe, expect, it } from 'vitest';
import { formatCell, formatDuration, formatNumber, formatRate } from './format.js';

describe('formats', () => {
  it('numbers: four significant digits, exponents at the ends', () => {
    const numbers = [0, 0.001234, -0.5, 2.25, 999.94, 999.96, 12345.6, 99999.6, 1.234e-5, -1e9, NaN, -Infinity];
    expect(numbers.map(formatNumber)).toEqual([
      '0',
      '0.001234',
      '-0.5000',
      '2.250',
      '999.9',
      '1000',
      '12346',
      '1.00e+5',
      '1.23e-5',
      '-1.00e+9',
      'NaN',
      '-Infinity',
    ]);
  });

  it('cells: whole numbers as they are', () => {
    expect([64, 1234567, 0.5, 1e9].map(formatCell)).toEqual(['64', '1234567', '0.5000', '1.00e+9']);
  });

  it('durations', () => {
    expect([0, 7.4, 59.6, 754, 3723, NaN, Infinity].map(formatDuration)).toEqual([
      '0:00',
      '0:07',
      '1:00',
      '12:34',
      '1:02:03',
      '?',
      '?',
    ]);
  });

  it('rates', () => {
    expect([0.52, 0.996, 7.34, 9.96, 148.4].map(formatRate)).toEqual(['0.52', '1.0', '7.3', '10', '148']);
  });
});
