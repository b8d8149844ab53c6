/** The job of `benchmarks/gradnorm-toy.mjs`: its data against the formula, and a few steps of its training. */
import type { Feeds } from '@counterpoise/engine';
import { Random } from '@counterpoise/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BalancedStep } from '../balanced-step.js';
import { DivergedError } from '../finite.js';
import { plain } from './contenders.js';
import { type CompareJob, loadJob, type MethodChoice, type RunContext, type RunRequest } from './job.js';

interface Rows {
  readonly x: Float32Array;
  readonly targets: readonly Float32Array[];
}
type Losses = Readonly<Record<string, number>>;

interface Data {
  readonly SIGMAS: Readonly<Record<string, readonly number[]>>;
  readonly toyMatrices: (seed: number, tasks: number) => readonly Float32Array[];
  readonly toyData: (seed: number, scales: readonly number[]) => Promise<{ readonly train: Rows; readonly test: Rows }>;
  readonly toyBatches: (train: Rows, random: Random) => Iterator<Feeds, never>;
}

interface Training {
  readonly startToy: (
    options: ToyOptions,
    request: RunRequest,
  ) => Promise<{
    readonly step: BalancedStep;
    readonly batches: Iterator<Feeds, never>;
    readonly test: () => Promise<Losses>;
    readonly release: () => void;
  }>;
}

const OPTIONS = { tasks: 2, steps: 3, optimizer: 'adam', standardize: false };
type ToyOptions = typeof OPTIONS;

const urlOf = (name: string) => new URL(`../../../../benchmarks/${name}`, import.meta.url).href;
const { SIGMAS, toyMatrices, toyData, toyBatches } = (await import(urlOf('gradnorm-toy/data.mjs'))) as Data;
const { startToy } = (await import(urlOf('gradnorm-toy/training.mjs'))) as Training;
const jobOf = (changes: Readonly<Record<string, string | number | boolean>> = {}): Promise<CompareJob> =>
  loadJob({ module: urlOf('gradnorm-toy.mjs'), options: { ...OPTIONS, ...changes } });

const requestOf = (choice: MethodChoice, changes: Partial<RunRequest> = {}): RunRequest => {
  return { ...choice, learningRate: 1e-3, seed: 1, ...changes };
};
const contextOf = (changes: Partial<RunContext> = {}): RunContext => {
  return { folder: '', signal: new AbortController().signal, progress: () => {}, ...changes };
};

/** `toEqual` takes seconds over a million numbers. */
const sameBytes = (a: Float32Array, b: Float32Array) =>
  Buffer.compare(new Uint8Array(a.buffer), new Uint8Array(b.buffer)) === 0;

describe('data', () => {
  let data: Awaited<ReturnType<Data['toyData']>>;
  beforeAll(async () => {
    data = await toyData(1, [1, 100]);
  });

  test('targets are sigma tanh((B + eps) x) of points on the unit sphere', () => {
    const matrices = toyMatrices(1, 2);
    for (const { x, targets } of [data.train, data.test]) {
      for (const row of [0, 1234, x.length / 250 - 1]) {
        const point = [...x.subarray(row * 250, (row + 1) * 250)];
        expect(Math.hypot(...point)).toBeCloseTo(1, 6);
        for (const [task, sigma] of [1, 100].entries()) {
          for (const output of [0, 99]) {
            const dot = point.reduce((sum, value, at) => sum + value * matrices[task]![output * 250 + at]!, 0);
            expect(targets[task]![row * 100 + output]! / sigma).toBeCloseTo(Math.tanh(dot), 5);
          }
        }
      }
    }
    expect([data.train, data.test].map(({ x, targets }) => [x.length / 250, targets[1]!.length / 100])).toEqual([
      [10_000, 10_000],
      [2_000, 2_000],
    ]);
  });

  test('the matrices have the deviations of B and eps', () => {
    const [one, two] = toyMatrices(5, 2) as [Float32Array, Float32Array];
    const deviation = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    // 25 000 numbers: the deviation is known to 0.5 %.
    expect(deviation(one) / Math.hypot(10, 3.5)).toBeCloseTo(1, 1.3);
    expect(deviation(one.map((v, at) => v - two[at]!)) / (3.5 * Math.SQRT2)).toBeCloseTo(1, 1.3);
    expect(toyMatrices(6, 1)[0]![0]).not.toBe(one[0]);
  });

  test('sigmas span two decades, and standardised targets differ by them alone', async () => {
    expect(SIGMAS[2]).toEqual([1, 100]);
    expect(SIGMAS[10]).toHaveLength(10);
    expect([SIGMAS[10]![0], SIGMAS[10]![9]]).toEqual([1, 100]);
    expect(SIGMAS[10]![4]! / SIGMAS[10]![3]!).toBeCloseTo(10 ** (2 / 9), 10);
    const { train } = await toyData(1, [1, 1]);
    expect(sameBytes(train.x, data.train.x)).toBe(true);
    expect(sameBytes(train.targets[0]!, data.train.targets[0]!)).toBe(true);
    expect(train.targets[1]![77]! * 100).toBeCloseTo(data.train.targets[1]![77]!, 4);
  });

  test('an epoch of batches takes every row once, with its own targets, and the next one in another order', () => {
    const rows = {
      x: new Float32Array(10_000 * 250).map((_, at) => Math.floor(at / 250)),
      targets: [new Float32Array(10_000 * 100).map((_, at) => Math.floor(at / 100))],
    };
    const batches = toyBatches(rows, new Random(3));
    const orders = [0, 1].map(() =>
      Array.from({ length: 50 }, () => {
        const { x, 'target 1': target } = batches.next().value as Readonly<Record<string, Float32Array>>;
        const found = Array.from({ length: 200 }, (_, row) => x![row * 250 + 249]!);
        expect(Array.from({ length: 200 }, (_, row) => target![row * 100 + 99]!)).toEqual(found);
        return found;
      }).flat(),
    );
    for (const order of orders)
      expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect(orders[1]).not.toEqual(orders[0]);
  });
});

describe('training', () => {
  test('the same request gives the same numbers, another seed others', async () => {
    const job = await jobOf();
    const [one, two, other] = await Promise.all(
      [1, 1, 2].map((seed) => job.run(requestOf(plain('log-sum'), { seed }), contextOf())),
    );
    expect({ ...two, secondsPerStep: 0 }).toEqual({ ...one, secondsPerStep: 0 });
    expect(other!.metrics).not.toEqual(one!.metrics);
    const { metrics, firstLosses, meanWeights, steps } = one!;
    expect(steps).toBe(3);
    expect(metrics['sum of ratios']).toBeCloseTo(metrics['ratio f1']! + metrics['ratio f2']!, 10);
    expect(firstLosses.f2! / firstLosses.f1!).toBeGreaterThan(5_000);
    expect(meanWeights.f1! / meanWeights.f2!).toBeGreaterThan(5_000);
  });

  test('balanced losses learn the small task that the sum leaves behind', async () => {
    const job = await jobOf({ steps: 60 });
    const [sum, logSum] = await Promise.all(
      ['sum', 'log-sum'].map((method) => job.run(requestOf(plain(method), { learningRate: 3e-3 }), contextOf())),
    );
    expect(logSum!.metrics['ratio f1']!).toBeLessThan(sum!.metrics['ratio f1']! - 0.1);
  });

  test('losses of standardised targets are told in the units of the others', async () => {
    const [raw, standardised] = await Promise.all(
      [false, true].map(async (standardize) =>
        (await jobOf({ standardize })).run(requestOf(plain('sum')), contextOf()),
      ),
    );
    expect(standardised!.firstLosses.f2!).toBeLessThan(1.1);
    expect(standardised!.losses.f2! / raw!.losses.f2!).toBeCloseTo(1, 1);
    // Without standardisation three steps of Adam cannot bring the head near targets of 100.
    expect(standardised!.metrics['ratio f2']!).toBeLessThan(raw!.metrics['ratio f2']!);
  });

  test('gradients are measured where the paper of the method measures them', async () => {
    const normsOf = async (method: string) => {
      const toy = await startToy(OPTIONS, requestOf(plain(method)));
      try {
        const { gradientNorms } = await toy.step.run(toy.batches.next().value, { step: 1, learningRate: 1e-3 });
        return gradientNorms!;
      } finally {
        toy.release();
      }
    };
    const [layer, all] = await Promise.all([normsOf('grad-norm'), normsOf('mgda')]);
    for (const loss of ['f1', 'f2']) {
      expect(layer[loss]!).toBeGreaterThan(0);
      expect(layer[loss]!).toBeLessThan(all[loss]!);
    }
    expect(all.f2! / all.f1!).toBeGreaterThan(10);
  });

  test.each([
    ['mgda', 10],
    ['upgrad', 2],
    ['modo', 2],
    ['grad-drop', 2],
    ['trimmed-mean', 10],
    ['moco', 2],
    ['excess-mtl', 2],
    ['m-config', 2],
  ] as const)('%s trains %i tasks, with SGD', async (method, tasks) => {
    const job = await jobOf({ tasks, steps: 2, optimizer: 'sgd' });
    expect(job.refuse!(plain(method))).toBeUndefined();
    const result = await job.run(requestOf(plain(method), { learningRate: 0.1 }), contextOf());
    expect(Object.keys(result!.losses)).toEqual(job.losses);
    expect(Object.values(result!.metrics).every(Number.isFinite)).toBe(true);
    expect(result!.metrics['sum of ratios']).not.toBe(tasks);
  });

  test('curves begin at 1 and go on every five epochs', async () => {
    const shares: number[] = [];
    const job = await jobOf({ steps: 300 });
    const { curves, metrics } = (await job.run(
      requestOf(plain('sum')),
      contextOf({ progress: (share) => void shares.push(share) }),
    ))!;
    expect(curves!['ratio f1']!.x).toEqual([0, 5]);
    expect(curves!['ratio f1']!.y[0]).toBe(1);
    expect(curves!['sum of ratios']!.y[1]).not.toBe(metrics['sum of ratios']);
    expect(shares).toEqual([1, 2, 3, 4, 5, 6].map((epoch) => epoch / 6));
  });

  test('it stops when it is asked to, and running away is a result', async () => {
    const job = await jobOf();
    expect(await job.run(requestOf(plain('sum')), contextOf({ signal: AbortSignal.abort() }))).toBeUndefined();
    const wild = (await jobOf({ optimizer: 'sgd' })).run(requestOf(plain('sum'), { learningRate: 1e30 }), contextOf());
    await expect(wild).rejects.toThrow(DivergedError);
  });

  test('refusals and wrong options name what is wrong', async () => {
    const job = await jobOf();
    expect(job.refuse!({ ...plain('ema'), options: ['beta=2'] })).toMatch(/^"beta" must be/);
    expect(job.refuse!(plain('static'))).toContain('"weights"');
    expect(job.refuse!(plain('trimmed-mean'))).toContain('at least 3 losses, got 2');
    await expect(jobOf({ tasks: 3 })).rejects.toThrow('"tasks" must be 2 or 10, got 3');
    await expect(jobOf({ steps: 0 })).rejects.toThrow('"steps" must be an integer of 1 or more, got 0');
    await expect(jobOf({ optimizer: 'lion' })).rejects.toThrow('"optimizer" must be adam or sgd, got "lion"');
    await expect(jobOf({ standardize: 1 })).rejects.toThrow('"standardize" must be true or false, got 1');
    await expect(jobOf({ rate: 1 })).rejects.toThrow(
      '"options" must be tasks, steps, optimizer and standardize, got "rate"',
    );
  });
});
