import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MetricsLog } from './metrics-log.js';
import {
  curvesFrom,
  epochColumns,
  epochRecord,
  type MetricsRecord,
  readMetrics,
  stepRecord,
  stepScalars,
} from './records.js';

const folder = mkdtempSync(join(tmpdir(), 'records-'));
afterAll(() => rmSync(folder, { recursive: true }));

const step = (at: number, losses: Record<string, number>, weights: Record<string, number>) =>
  stepRecord({ epoch: 1, step: at, learningRate: 0.1, losses, weights });

describe('records', () => {
  it('have the documented names', () => {
    expect(step(7, { class: 2, box: 900 }, { class: 0.5, box: 0.001 })).toEqual({
      epoch: 1,
      step: 7,
      learningRate: 0.1,
      'train/loss/class': 2,
      'train/loss/box': 900,
      'weight/class': 0.5,
      'weight/box': 0.001,
    });
  });

  it('have the gradients of the steps that measured them', () => {
    const values = {
      epoch: 1,
      step: 7,
      learningRate: 0.1,
      losses: { class: 2, box: 900 },
      weights: { class: 1, box: 1 },
    };
    const measured = { gradientNorms: { class: 0.5, box: 70 }, cosines: { 'class:box': -0.25 } };
    expect(stepRecord({ ...values, ...measured })).toEqual({
      ...stepRecord(values),
      'gradientNorm/class': 0.5,
      'gradientNorm/box': 70,
      'cosine/class:box': -0.25,
    });
  });

  it('have every number in TensorBoard, those of other trainings under their own names', () => {
    const record = {
      kind: 'step',
      step: 7,
      'weight/value': 0.5,
      'gradientNorm/value': 3,
      'charts/episodic_return': 20,
    };
    expect(stepScalars({ ...record, 'losses/explained_variance': null })).toEqual({
      'weight/value': 0.5,
      'gradient_norm/value': 3,
      'charts/episodic_return': 20,
    });
    expect(Object.keys(stepScalars(step(7, { class: 2 }, { class: 1 })))).toEqual([
      'train/class',
      'weight/class',
      'share/class',
      'learning_rate',
    ]);
  });

  it('of an epoch fit the columns for the same losses and metrics', () => {
    const losses = { class: 1, box: 2 };
    const record = epochRecord({
      epoch: 1,
      step: 10,
      learningRate: 0.1,
      trainLosses: losses,
      valLosses: losses,
      weights: losses,
      metrics: { accuracy: 0.5 },
    });
    expect(epochColumns(['class', 'box'], ['accuracy'])).toEqual(Object.keys(record));
  });
});

describe('curvesFrom', () => {
  it('reads back what a log wrote, steps and epochs apart', () => {
    const log = new MetricsLog(folder, { columns: epochColumns(['class', 'box'], ['accuracy']) });
    log.step(step(1, { class: 4, box: 1000 }, { class: 1, box: 0.001 }));
    log.step(step(2, { class: 3, box: 1000 }, { class: 1, box: 0.001 }));
    const weights = { class: 1, box: 0.001 };
    const values = { learningRate: 0.1, weights, metrics: { accuracy: 0.25 } };
    log.epoch(epochRecord({ epoch: 1, step: 2, trainLosses: { class: 3.5, box: 1000 }, ...values }));
    log.epoch(
      epochRecord({ epoch: 2, step: 4, trainLosses: { class: 2, box: 500 }, valLosses: { class: 2.5 }, ...values }),
    );
    log.close();
    const curves = curvesFrom(readMetrics(join(folder, 'metrics.jsonl')));
    expect(curves.stepsPerEpoch).toBe(2);
    expect(curves.stepLosses.class).toEqual({ x: [1, 2], y: [4, 3] });
    expect(curves.weights.box).toEqual({ x: [1, 2], y: [0.001, 0.001] });
    expect(curves.shares).toEqual({ class: { x: [1, 2], y: [0.8, 0.75] }, box: { x: [1, 2], y: [0.2, 0.25] } });
    expect(curves.trainLosses.class).toEqual({ x: [1, 2], y: [3.5, 2] });
    expect(curves.valLosses).toEqual({ class: { x: [1, 2], y: [Number.NaN, 2.5] } });
    expect(curves.metrics.accuracy).toEqual({ x: [1, 2], y: [0.25, 0.25] });
  });

  it('shares use absolute values, leave an absent loss out, and are NaN when nothing counts', () => {
    const records: MetricsRecord[] = [
      step(1, { a: -3, b: 1 }, { a: 1, b: 1 }),
      step(2, { a: Number.NaN, b: 2 }, { a: 1, b: 1 }),
      step(3, { a: 0, b: 0 }, { a: 1, b: 1 }),
    ].map((record) => ({ ...record, kind: 'step' }));
    const { shares } = curvesFrom(records);
    expect(shares.a!.y).toEqual([0.75, Number.NaN, Number.NaN]);
    expect(shares.b!.y).toEqual([0.25, 1, Number.NaN]);
  });

  it('gradients have a value where they were measured: a step that did not measure is no gap, one that failed is', () => {
    const measured = [undefined, 70, undefined, Number.NaN, 30].map((norm, at): MetricsRecord => {
      const gradients = norm === undefined ? {} : { gradientNorms: { a: norm, b: 1 }, cosines: { 'a:b': norm / -100 } };
      const values = { epoch: 1, step: at + 1, learningRate: 0.1, losses: { a: 1, b: 1 }, weights: { a: 1, b: 1 } };
      return { kind: 'step', ...stepRecord({ ...values, ...gradients }) };
    });
    const curves = curvesFrom(JSON.parse(JSON.stringify(measured)));
    expect(curves.gradientNorms).toEqual({
      a: { x: [2, 4, 5], y: [70, Number.NaN, 30] },
      b: { x: [2, 4, 5], y: [1, 1, 1] },
    });
    expect(curves.cosines).toEqual({ 'a:b': { x: [2, 4, 5], y: [-0.7, Number.NaN, -0.3] } });
    expect(curves.stepLosses.a!.x).toEqual([1, 2, 3, 4, 5]);
  });

  it('of nothing are empty', () => {
    expect(curvesFrom([])).toMatchObject({ shares: {}, gradientNorms: {}, cosines: {} });
  });
});

describe('readMetrics', () => {
  const path = join(folder, 'other.jsonl');

  it('leaves out a last line that was cut', () => {
    writeFileSync(path, '{"kind":"step","step":1}\n{"kind":"st');
    expect(readMetrics(path)).toEqual([{ kind: 'step', step: 1 }]);
  });

  it('names the line that is no JSON object', () => {
    for (const bad of ['nonsense', '[1]', '']) {
      writeFileSync(path, `{}\n${bad}\n{}\n`);
      expect(() => readMetrics(path)).toThrow(`"${path}" line 2: not a JSON object`);
    }
  });
});
