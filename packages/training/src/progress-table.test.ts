import { describe, expect, it } from 'vitest';
import { type EpochRow, tableLines } from './progress-table.js';

const row: EpochRow = {
  epoch: 1,
  epochs: 20,
  learningRate: 0.001,
  trainLosses: { class: 2.5, box: 12345.6 },
  valLosses: { class: 3, box: 9999 },
  weights: { class: 0.5, box: 0.0001 },
  metrics: { accuracy: 0.875, meanIou: 0.61234 },
  perSecond: 16,
  unit: 'images',
  seconds: 83,
  labels: {},
};

describe('the table', () => {
  it('shows fewer columns on a narrow terminal, the most important ones longest, and never more than it is wide', () => {
    const namesAt = (width: number) => {
      const { header, row: cells } = tableLines(row, width);
      for (const line of [...header, cells]) expect(line.length).toBeLessThanOrEqual(width);
      return header[1]!.trim().split(/ +/).join(' ');
    };
    expect(namesAt(120)).toBe('epoch class box class box class box accuracy meanIou lr images/s time');
    expect(namesAt(101)).toBe('epoch class box class box accuracy meanIou lr images/s time');
    expect(namesAt(89)).toBe('epoch class box class box accuracy meanIou images/s time');
    expect(namesAt(79)).toBe('epoch class box class box accuracy meanIou time');
    expect(namesAt(59)).toBe('epoch class box accuracy meanIou time');
    expect(namesAt(29)).toBe('epoch accuracy meanIou');
    expect(namesAt(4)).toBe('epoc');
  });

  it('aligns the cells with their names, also those that are long', () => {
    const { header, row: cells } = tableLines({ ...row, trainLosses: { 'a-long-name': 1, b: -1.23e-10 } }, 200);
    const ends = (line: string) => [...line.matchAll(/\S+/g)].map((found) => found.index + found[0].length);
    expect(ends(cells)).toEqual(ends(header[1]!));
  });

  it('leaves out what there is not: validation, weights, a rate that is not known yet', () => {
    const { valLosses: _losses, metrics: _metrics, ...rest } = row;
    const { header, row: cells } = tableLines({ ...rest, weights: {}, perSecond: Number.NaN }, 120);
    expect(header).toEqual(['       ─ train ────────────', 'epoch      class        box        lr  images/s    time']);
    expect(cells).toBe(' 1/20      2.500      12346  0.001000         ?    1:23');
  });
});
