import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { diagnose, type Measurement, type MetricsRecord, type RunFolder, readMetrics } from '@counterpoise/training';
import { describe, expect, it } from 'vitest';
import { completeConfig } from './check-config.js';
import type { LocalizerConfig } from './config.js';
import { boxTargets, measureLosses } from './measure-losses.js';
import { TINY, testRun, trainUntil } from './testing/training-run.js';
import { openTrainingData } from './training-data.js';

const configOf = (config: Partial<LocalizerConfig> = {}) => completeConfig({ ...TINY, threads: 1, ...config });
const measure = async (config: LocalizerConfig, steps: number) =>
  measureLosses({ config, data: await openTrainingData(config), steps });

function filesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const contents = files.map((file) => {
    const path = join(folder, file);
    const bytes = statSync(path).isFile() ? readFileSync(path) : '';
    return [file, createHash('sha256').update(bytes).digest('hex')];
  });
  return Object.fromEntries(contents);
}

const stepsOf = (run: RunFolder) => readMetrics(run.metrics).filter(({ kind }) => kind === 'step');

/** Measuring changes the order of sums, so not to the bit; and a random network of 16 x 16 pixels amplifies what differs. */
function expectSame({ losses, weights }: Measurement, step: MetricsRecord): void {
  for (const name of ['class', 'box']) {
    expect(losses[name]! / Number(step[`train/loss/${name}`])).toBeCloseTo(1, 2);
    expect(weights![name]! / Number(step[`weight/${name}`])).toBeCloseTo(1, 2);
  }
}

describe('measureLosses', () => {
  it('trains as the training does: the same losses and weights', async () => {
    const { run, remove } = await testRun();
    try {
      await trainUntil(run, 2);
      const measured = await measure(run.config as unknown as LocalizerConfig, 2);
      for (const [at, step] of stepsOf(run).entries()) expectSame(measured[at]!, step);
    } finally {
      await remove();
    }
  });

  it('measures all gradients beside a method that computes one per step, and does not disturb it', async () => {
    const options = { balance: 'm-config', optimizer: 'sgd', learningRate: 1e-4 } as const;
    const { run, remove } = await testRun(options);
    try {
      await trainUntil(run, 4);
      const measured = await measure(configOf(options), 4);
      for (const [at, step] of stepsOf(run).entries()) {
        for (const name of ['class', 'box']) expect(measured[at]!.losses[name]).toBe(step[`train/loss/${name}`]);
      }
      const [plain] = await measure(configOf({ balance: 'sum' }), 1);
      for (const name of ['class', 'box']) {
        expect(measured[0]!.gradientNorms![name]! / plain!.gradientNorms![name]!).toBeCloseTo(1, 4);
      }
      expect(measured.every(({ gramian }) => gramian!.flat().every(Number.isFinite))).toBe(true);
    } finally {
      await remove();
    }
  }, 120_000);

  it('measures the gradients of the mean of the batches that a method compares, and does not disturb it', async () => {
    const options = { balance: 'modo', optimizer: 'sgd', learningRate: 1e-4 } as const;
    const { run, remove } = await testRun(options);
    try {
      await trainUntil(run, 2);
      const measured = await measure(configOf(options), 2);
      for (const [at, step] of stepsOf(run).entries()) {
        for (const name of ['class', 'box']) expect(measured[at]!.weights![name]).toBe(step[`weight/${name}`]);
      }
      const [accumulated] = await measure(configOf({ balance: 'sum', accumulate: 3 }), 1);
      for (const name of ['class', 'box']) {
        expect(measured[0]!.losses[name]! / accumulated!.losses[name]!).toBeCloseTo(1, 5);
        expect(measured[0]!.gradientNorms![name]! / accumulated!.gradientNorms![name]!).toBeCloseTo(1, 4);
      }
    } finally {
      await remove();
    }
  }, 120_000);

  it('finds the trouble of the forum on pictures: the box in pixels drowns the class', async () => {
    const config = configOf({ balance: 'sum', learningRate: 1e-6 });
    const data = await openTrainingData(config);
    const measured = await measureLosses({ config, data, steps: 12 });
    const { finding, gradientGap, recommendations } = diagnose(measured, { targets: boxTargets(config, data) });
    expect(finding.kind).toBe('gap');
    expect(gradientGap).toMatchObject({ larger: 'box', smaller: 'class', steps: 12 });
    expect(gradientGap!.ratio).toBeGreaterThan(50);
    expect(recommendations[0]).toMatchObject({ kind: 'targets', loss: 'box' });
    expect(recommendations[1]).toMatchObject({ kind: 'method' });
  });

  it('measures the gradients of the raw losses: another unit, another length, the same angle', async () => {
    const [[pixels], [unit]] = [
      await measure(configOf({ balance: 'sum' }), 1),
      await measure(configOf({ balance: 'sum', boxUnits: 'unit' }), 1),
    ];
    expect(pixels!.gradientNorms!.box! / unit!.gradientNorms!.box!).toBeCloseTo(224 ** 2, -1);
    expect(pixels!.gradientNorms!.class).toBeCloseTo(unit!.gradientNorms!.class!, 4);
    const cosine = ({ gramian }: { gramian?: readonly (readonly number[])[] | undefined }) =>
      gramian![0]![1]! / Math.sqrt(gramian![0]![0]! * gramian![1]![1]!);
    expect(cosine(pixels!)).toBeCloseTo(cosine(unit!), 4);
  });

  it('goes on from the last checkpoint of a run, past its last epoch too, and changes no file', async () => {
    const { run, remove } = await testRun();
    try {
      await trainUntil(run, 3);
      const config = run.config as unknown as LocalizerConfig;
      const data = await openTrainingData(config);
      const before = filesOf(run.path);
      const measured = await measureLosses({ config, data, run, steps: 9 });
      expect(filesOf(run.path)).toEqual(before);
      expect(measured).toHaveLength(9);
      await trainUntil(run, 4);
      expectSame(measured[0]!, stepsOf(run)[3]!);
    } finally {
      await remove();
    }
  });

  it('stops at the signal with what it has', async () => {
    const config = configOf();
    const stop = new AbortController();
    const data = await openTrainingData(config);
    const onStep = (done: number) => void (done === 2 && stop.abort());
    expect(await measureLosses({ config, data, steps: 50, signal: stop.signal, onStep })).toHaveLength(2);
  });

  it('measures at the parameters whatever boundary the method has', async () => {
    const of = async (boundary: LocalizerConfig['boundary']) =>
      (await measure(configOf({ balance: 'sum', boundary }), 1))[0];
    expect(await of('output')).toEqual(await of('parameters'));
  });
});

describe('boxTargets', () => {
  const of = async (config: Partial<LocalizerConfig>) =>
    boxTargets(configOf(config), await openTrainingData(configOf(config)));

  it('tells the deviation of the boxes in the unit of the loss', async () => {
    const [pixels, unit] = [await of({}), await of({ boxUnits: 'unit' })];
    expect(pixels.box).toMatchObject({ unit: 'pixels' });
    expect(pixels.box!.std).toBeGreaterThan(10);
    expect(pixels.box!.std / unit.box!.std).toBeCloseTo(224, 9);
  });

  it('tells none of standardised targets, nor of overlaps', async () => {
    expect(await of({ standardizeTargets: true })).toEqual({});
    expect(Object.keys(await of({ boxLosses: ['smooth-l1', 'giou'], boxHead: 'center' }))).toEqual(['smooth-l1']);
  });
});
