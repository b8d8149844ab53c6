import { loadCheckpoint, type RunFolder, readMetrics } from '@counterpoise/training';
import { afterEach, expect, test } from 'vitest';
import type { LocalizerConfig } from './config.js';
import { fingerprint, type TestRun, testRun, train, trainUntil } from './testing/training-run.js';

const runs: TestRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.remove();
});

async function runOf(config: Partial<LocalizerConfig>): Promise<RunFolder> {
  const made = await testRun(config);
  runs.push(made);
  return made.run;
}

const stepsOf = (run: RunFolder) => readMetrics(run.metrics).filter(({ kind }) => kind === 'step');

test('balanceEvery: every other step measures, and the weights stay in between', async () => {
  const run = await runOf({ balance: 'upgrad', balanceEvery: 2, epochs: 1 });
  await train(run);
  const steps = stepsOf(run);
  expect(steps.map((step) => Object.hasOwn(step, 'gradientNorm/box'))).toEqual([true, false, true, false]);
  expect(steps[1]!['weight/class']).toBe(steps[0]!['weight/class']);
});

test('boundary: at the outputs the gradients of two heads have nothing in common', async () => {
  const cosines = await Promise.all(
    (['output', 'representation'] as const).map(async (boundary) => {
      const run = await runOf({ balance: 'upgrad', boundary, epochs: 1 });
      await train(run);
      return stepsOf(run).map((step) => step['cosine/class:box']);
    }),
  );
  expect(cosines[0]).toEqual([0, 0, 0, 0]);
  expect(cosines[1]!.every((cosine) => cosine !== 0)).toBe(true);
});

test('headGradients: a loss of weight 0 still trains its own head, if that is asked for', async () => {
  const config = {
    balance: 'static',
    balanceOptions: ['weights=class:0,box:1e-4'],
    optimizer: 'sgd',
    weightDecay: 0,
    schedule: 'constant',
    warmUp: 0,
  } as const;
  const heads = await Promise.all(
    [
      { ...config, epochs: 1 },
      { ...config, epochs: 2 },
      { ...config, epochs: 2, headGradients: 'unweighted' as const },
    ].map(async (options) => {
      const run = await runOf(options);
      await train(run);
      const { tensors } = await loadCheckpoint(run.lastCheckpoint);
      return [...(tensors.get('model.classifier.weight')!.data as Float32Array)];
    }),
  );
  expect(heads[1]).toEqual(heads[0]);
  expect(heads[2]).not.toEqual(heads[0]);
});

test('accumulate: a run interrupted within an epoch goes on with the batches that are left', async () => {
  const config = { accumulate: 2, epochs: 2 };
  const whole = await runOf(config);
  await train(whole);
  expect(stepsOf(whole)).toHaveLength(4);
  const parts = await runOf(config);
  await trainUntil(parts, 1);
  await train(parts);
  expect(await fingerprint(parts)).toEqual(await fingerprint(whole));
});
