import { describe, expect, test } from 'vitest';
import { type AnalysisInput, analyse, type Entry, plusMinus } from './analysis.js';
import { plain } from './contenders.js';
import { findings } from './findings.js';
import type { MethodChoice, RunOutcome } from './job.js';
import { comparisonMarkdown } from './markdown.js';
import { comparisonCsv, comparisonText, sortedRows } from './table.js';

const STATIC: MethodChoice = { method: 'static', options: ['weights=class:1,box:2'], wraps: [] };
const SEEDS = [1, 2, 3];

const outcome = (accuracy: number, error: number): RunOutcome => ({
  metrics: { accuracy, error, other: 7 },
  losses: { class: 1, box: 2 },
  firstLosses: { class: 3, box: 4 },
  meanWeights: { class: 0.5, box: 1.5 },
  steps: 10,
  secondsPerStep: 0.5,
});
const entry = (name: string, choice: MethodChoice, outcomes: readonly RunOutcome[], rate = 0.01): Entry => ({
  name,
  choice,
  outcomes,
  tuning: {
    chosen: { request: { ...choice, learningRate: rate, seed: 0 }, score: 1 },
    runs: 3,
    seconds: 15,
  },
});
/** Accuracy and error for each seed. */
const runs = (...pairs: [number, number][]) => pairs.map(([accuracy, error]) => outcome(accuracy, error));

const input = (entries: readonly Entry[], changes: Partial<AnalysisInput> = {}): AnalysisInput => ({
  metrics: [
    { name: 'accuracy', higherIsBetter: true, losses: ['class'] },
    { name: 'error', higherIsBetter: false, losses: ['box'] },
    { name: 'other', higherIsBetter: false },
  ],
  losses: ['class', 'box'],
  learningRates: [0.001, 0.01, 0.1],
  seeds: SEEDS,
  entries,
  // Baselines: accuracy 0.8, error 10.
  baselines: [
    {
      metric: 'accuracy',
      choice: STATIC,
      tuning: { runs: 3, seconds: 1 },
      outcomes: runs([0.7, 99], [0.8, 99], [0.9, 99]),
    },
    { metric: 'error', choice: STATIC, tuning: { runs: 3, seconds: 1 }, outcomes: runs([0, 10], [0, 10], [0, 10]) },
  ],
  leftOut: [],
  staticGrid: 21,
  ...changes,
});

const sum = entry('sum', plain('sum'), runs([0.6, 10], [0.6, 11], [0.6, 12]));
const searched = entry('static (search)', STATIC, runs([0.76, 11], [0.76, 12], [0.76, 13]));

test('Markdown: findings, a table whose names end no cell, a note', () => {
  const odd = entry('a|b\nc', plain('log-sum'), runs([0.8, 10], [0.8, 11], [0.8, 12.1]));
  const text = comparisonMarkdown(analyse(input([sum, odd, searched])));
  const lines = text.split('\n');
  const table = lines.filter((line) => line.startsWith('|'));
  expect(lines[0]).toMatch(/^- /);
  expect(table[0]).toMatch(/^\| method \| accuracy ↑ \| error ↓ \| other ↓ \| Δm % ↓ \|/);
  expect(table[1]).toMatch(/^\| --- \|( --: \|)+$/);
  expect(table.slice(2).map((line) => line.split(' | ')[0])).toEqual(['| a\\|b\\u000ac', '| static (search)', '| sum']);
  const cells = table.map((line) => line.replaceAll('\\|', '').split('|').length);
  expect(new Set(cells).size).toBe(1);
  expect(text).toMatch(/Mean ± standard error/);
});

describe('by hand', () => {
  // Delta-m of the first run: (5 + 20) / 2 for accuracy 0.76 (-5 %) and error 12 (+20 %).
  const better = entry('log-sum', plain('log-sum'), runs([0.8, 10], [0.8, 11], [0.8, 12.1]));
  const random = entry('random', plain('random'), runs([0.4, 12], [0.4, 13], [0.4, 14]));
  const comparison = analyse(input([sum, searched, better, random]));
  const [sumRow, searchedRow, betterRow, randomRow] = comparison.rows as [never, never, never, never];

  test('Delta-m, its standard error, the worst task', () => {
    expect(comparison.baselineMeans.accuracy).toBeCloseTo(0.8, 14);
    expect(comparison.baselineMeans.error).toBe(10);
    const { deltaM, worst } = searchedRow as (typeof comparison.rows)[number];
    // (5 + 10) / 2, (5 + 20) / 2, (5 + 30) / 2
    expect(deltaM.values.map((value) => Number(value.toFixed(9)))).toEqual([7.5, 12.5, 17.5]);
    expect(deltaM.mean).toBeCloseTo(12.5, 12);
    expect(deltaM.standardError).toBeCloseTo(5 / Math.sqrt(3), 12);
    expect(worst!.metric).toBe('error');
    expect(worst!.change).toBeCloseTo(20, 12);
    // Accuracy 0.6 is 25 % less than 0.8, error 11 is 10 % more than 10.
    const plainSum = sumRow as (typeof comparison.rows)[number];
    expect(plainSum.deltaM.mean).toBeCloseTo(17.5, 12);
    expect(plainSum.worst).toEqual({ metric: 'accuracy', change: expect.closeTo(25, 12) });
  });

  test('mean rank and Pareto front', () => {
    // Accuracy: 0.6, 0.76, 0.8, 0.4. Error: 11, 12, 11.03, 13.
    expect(comparison.rows.map(({ meanRank }) => meanRank)).toEqual([2, 2.5, 1.5, 4]);
    expect(comparison.rows.map(({ isOnFront }) => isOnFront)).toEqual([true, false, true, false]);
  });

  test('the best static weights are the ones to beat, and the test is paired and corrected', () => {
    expect(comparison.bestStatic).toBe('static (search)');
    // Differences to them: -7.5, -7.5, -7 for log-sum and +27.5, thrice the same, for random.
    const log = betterRow as (typeof comparison.rows)[number];
    const t = 22 / 3 / (Math.sqrt(((1 / 6) ** 2 * 2 + (1 / 3) ** 2) / 2) / Math.sqrt(3));
    expect(log.pValue).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 10);
    expect(log.beatsStatic).toBe(true);
    const lots = randomRow as (typeof comparison.rows)[number];
    expect(lots.pValue).toBeLessThan(0.05);
    // It differs beyond noise, and for the worse.
    expect(lots.beatsStatic).toBe(false);
    expect((sumRow as (typeof comparison.rows)[number]).pValue).toBeUndefined();
    expect(findings(comparison)[0]).toMatch(
      /^Better than .*\("static \(search\)", Delta-m 12.50 ± 2.89 %\).*: log-sum \(/,
    );
  });

  test('text and CSV: the lowest Delta-m first', () => {
    const text = comparisonText(comparison).split('\n');
    expect(text[0]).toMatch(/^method +accuracy ↑ +error ↓ +other ↓ +Δm % ↓/);
    expect(text.slice(1).map((line) => line.split(/ {2,}/)[0])).toEqual([
      'log-sum',
      'static (search)',
      'sum',
      'random',
    ]);
    expect(text[2]).toMatch(/0\.7600 ± 0\.0000 .* 12\.50 ± 2\.89 +error \+20\.0 % .* 0\.5000 \(1\.00x\) +3$/);
    const [header, first] = comparisonCsv(comparison)
      .split('\n')
      .map((line) => line.split(','));
    expect(first![header!.indexOf('beatsStatic')]).toBe('true');
    expect(Number(first![header!.indexOf('metric/error/mean')])).toBeCloseTo(33.1 / 3, 12);
    expect(comparisonCsv(comparison)).toContain('\nstatic (search),static,');
  });
});

test('how static weights were searched is told where it matters: another budget, or a win over a part of the grid', () => {
  const winner = entry('log-sum', plain('log-sum'), runs([0.8, 9], [0.8, 9.1], [0.8, 9.2]));
  const said = (runsOfSearch: number, others: readonly Entry[], staticGrid = 21) => {
    const own = { ...searched, tuning: { ...searched.tuning, runs: runsOfSearch } };
    const all = findings(analyse(input([own, ...others], { staticGrid })));
    return all.filter((line) => line.startsWith('Static weights were searched'));
  };
  expect(said(3, [])).toEqual([]);
  expect(said(3, [winner])).toEqual([
    'Static weights were searched with 3 tuning runs, as many as every method had; the whole grid (--static-runs 21) may have better ones.',
  ]);
  expect(said(3, [winner], 3)).toEqual([]);
  expect(said(21, [])).toEqual(['Static weights were searched with 21 tuning runs, and every method had 3.']);
});

test('a difference within noise is no win: nothing beats a static weight', () => {
  const noisy = entry('log-sum', plain('log-sum'), runs([0.9, 9], [0.7, 14], [0.8, 11]));
  const comparison = analyse(input([sum, searched, noisy]));
  const row = comparison.rows[2]!;
  expect(row.deltaM.mean).toBeLessThan(comparison.rows[1]!.deltaM.mean);
  expect(row.pValue).toBeGreaterThan(0.05);
  expect(findings(comparison)[0]).toMatch(
    /^Nothing beats a static weight: no method is better than .* over 3 seeds\.$/,
  );
});

test('of many tests one small p value is no win: 0.02 among five', () => {
  const near = (name: string) => entry(name, plain('ema'), runs([0.76, 11.1], [0.76, 11.8], [0.76, 13.1]));
  // Differences -0.5, -0.7, -0.6 of the error alone: t = 10.4 with 2 degrees, p = 0.009.
  const slight = entry('log-sum', plain('log-sum'), runs([0.76, 10.5], [0.76, 11.3], [0.76, 12.4]));
  const alone = analyse(input([searched, slight])).rows[1]!;
  expect(alone.pValue).toBeCloseTo(0.0092, 3);
  expect(alone.beatsStatic).toBe(true);
  const crowd = analyse(input([searched, slight, ...['1', '2', '3', '4', '5', '6'].map(near)])).rows[1]!;
  expect(crowd.pValue).toBeCloseTo(7 * alone.pValue!, 10);
  expect(crowd.beatsStatic).toBe(false);
});

test('what diverged is ranked last, on no front, and told', () => {
  const broken = entry('log-sum', plain('log-sum'), [...runs([0.99, 1], [0.99, 1]), { diverged: 'loss "box" is NaN' }]);
  const lost: Entry = { name: 'ema', choice: plain('ema'), tuning: { runs: 3, seconds: 0 }, outcomes: [] };
  const comparison = analyse(input([searched, broken, lost]));
  const [, first, second] = comparison.rows;
  expect(first).toMatchObject({ diverged: 1, isOnFront: false, beatsStatic: false, pValue: undefined, meanRank: 2.5 });
  expect(second).toMatchObject({ diverged: 3, learningRate: undefined, worst: undefined });
  expect(findings(comparison)).toContain('log-sum diverged under 1 of 3 seeds: it is ranked last.');
  expect(findings(comparison)).toContain('ema diverged with every learning rate.');
  expect(sortedRows(comparison).map(({ name }) => name)).toEqual(['static (search)', 'log-sum', 'ema']);
  expect(comparisonText(comparison)).toMatch(/\nema +– +– +– +– +–/);
});

test('a task without a baseline does not count, and it is told', () => {
  const { baselines } = input([]);
  const comparison = analyse(input([searched], { baselines: [baselines[0]!, { ...baselines[1]!, outcomes: [] }] }));
  // The accuracy alone: 0.76 is 5 % below 0.8.
  expect(comparison.rows[0]!.deltaM.mean).toBeCloseTo(5, 12);
  expect(findings(comparison)).toContain(
    'The task of "error" diverged when trained alone, so it does not count for Delta-m.',
  );
});

test('what is no better than random weights, and rates at the edge, are told', () => {
  const random = entry('random', plain('random'), runs([0.7, 11], [0.7, 11], [0.7, 11]));
  const poor = entry('ema', plain('ema'), runs([0.6, 11], [0.6, 11], [0.6, 11]), 0.1);
  const said = findings(analyse(input([searched, random, poor])));
  expect(said).toContain('No better than random weights: ema.');
  expect(said).toContain('The largest learning rate (0.1) was the best for ema: a larger one may be better still.');
});

test('without static weights there is nothing to judge by', () => {
  const comparison = analyse(input([entry('log-sum', plain('log-sum'), runs([0.8, 10], [0.8, 10], [0.8, 10]))]));
  expect(findings(comparison)[0]).toBe(
    'No static weights can be judged: all of them diverged, or no baseline is left.',
  );
  expect(comparison.rows[0]!.beatsStatic).toBe(false);
});

test('plusMinus', () => {
  expect(plusMinus({ mean: 1, standardError: 0.25, values: [] }, 2)).toBe('1.00 ± 0.25');
  expect(plusMinus({ mean: 0.76, standardError: 7e-17, values: [] })).toBe('0.7600 ± 0.0000');
  expect(plusMinus({ mean: 12345, standardError: 678.9, values: [] })).toBe('12345 ± 679');
  expect(plusMinus({ mean: -2.5e-7, standardError: 1e-8, values: [] })).toBe('-2.50e-7 ± 1.00e-8');
  expect(plusMinus({ mean: 0, standardError: 0, values: [] })).toBe('0 ± 0');
  expect(plusMinus({ mean: 1, standardError: Number.NaN, values: [1] })).toBe('1.000');
  expect(plusMinus({ mean: Number.NaN, standardError: Number.NaN, values: [] })).toBe('–');
});
