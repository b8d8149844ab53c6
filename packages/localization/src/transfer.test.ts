import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors, initialise, Random, resnet18 } from '@counterpoise/nn';
import { loadCheckpoint, type RunFolder } from '@counterpoise/training';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { completeConfig } from './check-config.js';
import { type LocalizerConfig, OptionError } from './config.js';
import { type Evaluation, Evaluator } from './evaluator.js';
import { fingerprint, type TestRun, testRun, train, trainUntil } from './testing/training-run.js';
import { openTrained } from './trained.js';
import { openTrainingData } from './training-data.js';

type Values = ReadonlyMap<string, Float32Array>;

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-transfer-'));
const weights = join(folder, 'resnet18.safetensors');
/** What the file holds, under the keys of the model. */
const start = new Map<string, Float32Array>();
const runs: TestRun[] = [];

beforeAll(() => {
  const backbone = initialise(resnet18({ numClasses: 0 }), new Random('file'));
  writeFileSync(weights, encodeSafetensors(backbone.stateDict()));
  for (const [key, { data }] of backbone.stateDict()) start.set(`backbone.${key}`, data);
});
afterEach(async () => {
  for (const run of runs.splice(0)) await run.remove();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function newRun(config: Partial<LocalizerConfig>): Promise<RunFolder> {
  const made = await testRun({ weights, ...config });
  runs.push(made);
  return made.run;
}

/** The tensors of a checkpoint whose keys begin so, without that beginning. */
async function tensorsOf(checkpoint: string, prefix = 'model.'): Promise<Values> {
  const { tensors } = await loadCheckpoint(checkpoint);
  const own = [...tensors].filter(([key]) => key.startsWith(prefix));
  return new Map(own.map(([key, { data }]) => [key.slice(prefix.length), data as Float32Array]));
}

async function trained(config: Partial<LocalizerConfig>): Promise<Values> {
  const run = await newRun({ epochs: 1, ...config });
  await train(run);
  return tensorsOf(run.lastCheckpoint);
}

const isSame = (a: Float32Array, b: Float32Array) =>
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;
/** The keys of the backbone that are no longer what the file holds. */
const movedKeys = (values: Values) =>
  [...start].flatMap(([key, data]) => (isSame(values.get(key)!, data) ? [] : [key]));

const CONV = 'backbone.layer2.0.conv1.weight';
const SCALE = 'backbone.layer2.0.bn1.weight';
const MEAN = 'backbone.layer2.0.bn1.running_mean';

test('all of the backbone learns, from where the file left off', async () => {
  const moved = movedKeys(await trained({ optimizer: 'sgd', learningRate: 1e-5 }));
  expect(moved).toEqual([...start.keys()]);
});

test('a frozen backbone stays as the file has it in every bit, running statistics too; the heads learn', async () => {
  const run = await newRun({ freeze: 'backbone', epochs: 1 });
  await train(run);
  const after = await tensorsOf(run.lastCheckpoint);
  expect(movedKeys(after)).toEqual([]);
  const state = await tensorsOf(run.lastCheckpoint, 'optimizer.');
  expect([...state.keys()].map((key) => key.split('.')[0])).toEqual([
    'classifier',
    'classifier',
    'box',
    'box',
    'classifier',
    'classifier',
    'box',
    'box',
  ]);
  expect([...state.get('classifier.weight.exp_avg')!].some((value) => value !== 0)).toBe(true);
  // A batch of one: nothing looks at its statistics.
  expect(completeConfig({ threads: 1, weights, freeze: 'backbone', imageSize: 16, batchSize: 1 }).batchSize).toBe(1);
});

test('frozen batch normalisation keeps its statistics, or its scales and shifts too', async () => {
  const statistics = movedKeys(await trained({ freezeBatchNorm: 'statistics' }));
  expect(statistics).toContain(CONV);
  expect(statistics).toContain(SCALE);
  expect(statistics.filter((key) => key.includes('running'))).toEqual([]);
  const all = movedKeys(await trained({ freezeBatchNorm: 'all' }));
  expect(all).toContain(CONV);
  expect(all.filter((key) => /bn|downsample\.1/.test(key))).toEqual([]);
});

test('the backbone learns slower by its factor; the heads do not', async () => {
  // One step: 4 pictures, no momentum yet, no decay, so that a step is the learning rate times the gradient.
  const config = {
    optimizer: 'sgd',
    weightDecay: 0,
    warmUp: 0,
    schedule: 'constant',
    learningRate: 2 ** -6,
    generatedTrain: 4,
  } as const;
  const [whole, half] = [await trained(config), await trained({ ...config, backboneLr: 0.5 })];
  for (const [i, from] of start.get(CONV)!.entries()) {
    const step = whole.get(CONV)![i]! - from;
    expect(Math.abs(half.get(CONV)![i]! - from - 0.5 * step)).toBeLessThan(1e-7);
  }
  expect(isSame(half.get(CONV)!, whole.get(CONV)!)).toBe(false);
  expect(isSame(half.get('box.weight')!, whole.get('box.weight')!)).toBe(true);
  expect(isSame(half.get(MEAN)!, whole.get(MEAN)!)).toBe(true);
});

test('heads first: the backbone is frozen for an epoch, then learns; interrupted anywhere, the same bits', async () => {
  const config = { headsFirst: 1, backboneLr: 0.1, ema: 0.9, epochs: 3 };
  const interrupted = await newRun(config);
  await trainUntil(interrupted, 2);
  await trainUntil(interrupted, 4);
  expect(movedKeys(await tensorsOf(interrupted.lastCheckpoint))).toEqual([]);
  await trainUntil(interrupted, 5);
  expect(movedKeys(await tensorsOf(interrupted.lastCheckpoint))).toEqual([...start.keys()]);
  await trainUntil(interrupted, 11);
  await train(interrupted);
  const undisturbed = await newRun(config);
  await train(undisturbed);
  expect(await fingerprint(interrupted)).toEqual(await fingerprint(undisturbed));
});

describe('the moving average', () => {
  // One step: average = start + (1 - 2 / 11) (weight - start)
  const config = { ema: 0.99, epochs: 1, generatedTrain: 4, learningRate: 0.01, warmUp: 0 };
  const expectAverage = (average: Values, model: Values) => {
    for (const key of [CONV, SCALE, MEAN]) {
      const from = start.get(key)!;
      for (const [i, weight] of model.get(key)!.entries()) {
        expect(Math.abs(average.get(key)![i]! - (from[i]! + (9 / 11) * (weight - from[i]!)))).toBeLessThan(1e-6);
      }
    }
  };

  test('is what the best checkpoint holds and what is evaluated', async () => {
    const run = await newRun(config);
    const evaluations: Evaluation[] = [];
    await train(run, { onEpoch: async (evaluation) => void evaluations.push(evaluation) });
    const [best, model] = [await tensorsOf(run.bestCheckpoint), await tensorsOf(run.lastCheckpoint)];
    expectAverage(best, model);
    expect(isSame(best.get(CONV)!, model.get(CONV)!)).toBe(false);
    const average = await tensorsOf(run.lastCheckpoint, 'average.');
    expect([...average.keys()]).toEqual([...best.keys()]);
    for (const [key, values] of average) expect([key, isSame(values, best.get(key)!)]).toEqual([key, true]);
    const { model: kept, config: complete } = await openTrained(run.path);
    const evaluator = await Evaluator.compile(kept, complete);
    try {
      const { val } = await openTrainingData(complete);
      expect(evaluations).toEqual([await evaluator.evaluate(val)]);
    } finally {
      evaluator.release();
    }
  });

  test('is what a run without a best checkpoint yet is opened with', async () => {
    const run = await newRun({ ...config, generatedTrain: 8 });
    await trainUntil(run, 1);
    const { model, checkpoint } = await openTrained(run.path);
    expect(checkpoint).toBe(run.lastCheckpoint);
    expectAverage(new Map([...model.stateDict()].map(([key, { data }]) => [key, data])), await tensorsOf(checkpoint));
  });
});

describe('options', () => {
  test.each([
    [{ freeze: 'backbone', weights: null }, '"freeze" needs "weights"'],
    [{ freezeBatchNorm: 'all', weights: null }, '"freezeBatchNorm" needs "weights"'],
    [
      { headsFirst: 1, weights: null },
      '"headsFirst" needs "weights": there is nothing worth keeping in a random backbone',
    ],
    [{ headsFirst: 5, epochs: 5 }, '"headsFirst" must be less than the 5 epochs, got 5'],
    [{ headsFirst: 1.5 }, '"headsFirst" must be an integer in [0, 1000000], got 1.5'],
    [{ freeze: 'backbone', headsFirst: 1 }, '"headsFirst" has no effect with "freeze" backbone'],
    [{ freeze: 'backbone', backboneLr: 0.1 }, '"backboneLr" has no effect with "freeze" backbone'],
    [{ freeze: 'heads' }, '"freeze" must be one of none, backbone, got "heads"'],
    [{ freezeBatchNorm: true }, '"freezeBatchNorm" must be one of none, statistics, all, got true'],
    [{ backboneLr: 0 }, '"backboneLr" must be a number greater than 0, got 0'],
    [{ ema: 1 }, '"ema" must be a number of 0 or more and less than 1, got 1'],
    [{ ema: '0.9' }, '"ema" must be a number'],
  ])('%j', (options, message) => {
    const complete = () => completeConfig({ threads: 1, weights, ...options } as LocalizerConfig);
    expect(complete).toThrow(OptionError);
    expect(complete).toThrow(message);
  });
});
