import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DivergedError, type RunContext, type RunRequest } from '@counterpoise/training';
import { afterAll, expect, test } from 'vitest';
import { createJob, localizerJob } from './compare-job.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-compare-job-'));
afterAll(() => rmSync(folder, { recursive: true }));

const job = createJob({
  data: null,
  generatedTrain: 12,
  generatedVal: 6,
  imageSize: 16,
  boxLosses: ['mse'],
  batchSize: 4,
  epochs: 2,
  threads: 1,
});
const request: RunRequest = {
  method: 'ema',
  options: ['beta=0.9'],
  wraps: ['smooth=0.5'],
  learningRate: 1e-3,
  seed: 3,
};
const contextOf = (name: string, changes: Partial<RunContext> = {}): RunContext => {
  mkdirSync(join(folder, name), { recursive: true });
  return { folder: join(folder, name), signal: new AbortController().signal, progress: () => {}, ...changes };
};

test('a run that was stopped and begun again has the result of an undisturbed one, and can be tidied', async () => {
  const shares: number[] = [];
  const whole = await job.run(request, contextOf('whole', { progress: (share) => void shares.push(share) }));
  expect(shares).toEqual([1, 2, 3, 4, 5, 6].map((step) => step / 6));
  expect(whole).toMatchObject({ steps: 6, metrics: { accuracy: expect.any(Number), meanIou: expect.any(Number) } });
  expect(whole!.firstLosses.box!).toBeGreaterThan(100 * whole!.firstLosses.class!);
  expect(whole!.meanWeights.class! + whole!.meanWeights.box!).toBeCloseTo(2, 10);
  expect(whole!.meanWeights.class!).toBeGreaterThan(whole!.meanWeights.box!);
  expect(whole!.secondsPerStep).toBeGreaterThan(0);

  const stop = new AbortController();
  const progress = (share: number) => share > 0.3 && stop.abort();
  expect(await job.run(request, contextOf('parts', { signal: stop.signal, progress }))).toBeUndefined();
  const resumed = await job.run(request, contextOf('parts'));
  expect({ ...resumed, secondsPerStep: 0 }).toEqual({ ...whole, secondsPerStep: 0 });
  // It was done already, and its result not yet written: nothing is trained, everything is read.
  const again = await job.run(request, contextOf('parts', { progress: () => expect.unreachable() }));
  expect(again).toEqual(resumed);
  await job.tidy!(join(folder, 'parts'));
  expect(existsSync(join(folder, 'parts', 'checkpoints'))).toBe(false);
}, 120_000);

test('a learning rate far too high is a diverged run', async () => {
  const wild = { ...request, learningRate: 1e30, wraps: [] };
  await expect(job.run(wild, contextOf('wild'))).rejects.toThrow(DivergedError);
}, 120_000);

test('tasks and refusals', () => {
  expect(job.losses).toEqual(['class', 'box']);
  const several = createJob({ data: null, threads: 1, boxLosses: ['mse', 'giou'] });
  expect(several.metrics[1]).toEqual({ name: 'meanIou', higherIsBetter: true, losses: ['mse', 'giou'] });
  expect(job.refuse!(request)).toBeUndefined();
  expect(job.refuse!({ ...request, options: ['beta=2'] })).toMatch(/^"beta" must be/);
  expect(job.refuse!({ method: 'static', options: [], wraps: [] })).toContain('"weights"');
  expect(() => localizerJob({ threads: 1, epochs: 0 })).toThrow('"epochs" must be an integer');
});
