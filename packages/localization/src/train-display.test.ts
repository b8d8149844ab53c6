/** What a training shows and leaves for others to show. */
import { readdirSync } from 'node:fs';
import { type EpochProgress, type RunFolder, readMetrics } from '@counterpoise/training';
import { afterEach, expect, test } from 'vitest';
import { type TestRun, testRun, train, trainUntil } from './testing/training-run.js';

const runs: TestRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.remove();
});

async function newRun(): Promise<RunFolder> {
  const made = await testRun();
  runs.push(made);
  return made.run;
}

test('shows every step, every batch of the validation, and the means of every epoch', async () => {
  const run = await newRun();
  const shown: string[] = [];
  const epochs: EpochProgress[] = [];
  await train(run, {
    progress: ({ labels }) => {
      expect(labels).toMatchObject({ meanIou: 'mean IoU' });
      return {
        step: ({ epoch, step }) => void shown.push(`step ${epoch}.${step}`),
        validation: (done, total) => void shown.push(`validation ${done}/${total}`),
        epoch: (values) => {
          shown.push('epoch');
          epochs.push(values);
        },
        message: (text) => void shown.push(text),
        finish: () => void shown.push('finish'),
      };
    },
  });
  const of = (epoch: number) => [1, 2, 3, 4].map((step) => `step ${epoch}.${step}`);
  const rest = ['validation 1/2', 'validation 2/2', 'epoch'];
  expect(shown).toEqual([...of(1), ...rest, ...of(2), ...rest, 'finish']);
  const records = readMetrics(run.metrics).filter(({ kind }) => kind === 'epoch');
  expect(
    epochs.map(({ trainLosses, valLosses, weights, learningRate, metrics }) => [
      trainLosses.box,
      valLosses?.box,
      weights.box,
      learningRate,
      metrics?.meanIou,
    ]),
  ).toEqual(
    records.map((record) => [
      record['train/loss/box'],
      record['val/loss/box'],
      record['weight/box'],
      record.learningRate,
      record['metric/meanIou'],
    ]),
  );
});

test('leaves an event file for TensorBoard, one more when it goes on, and none when there is nothing left', async () => {
  const run = await newRun();
  const count = () => readdirSync(run.path).filter((name) => name.startsWith('events.out.tfevents.')).length;
  await trainUntil(run, 3);
  expect(count()).toBe(1);
  await train(run);
  expect(count()).toBe(2);
  await train(run);
  expect(count()).toBe(2);
});
