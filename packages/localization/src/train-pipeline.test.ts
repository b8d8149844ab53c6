import { afterEach, expect, it } from 'vitest';
import { fingerprint, type TestRun, testRun, train, trainUntil } from './testing/training-run.js';

const runs: TestRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.remove();
});

async function newRun(): Promise<TestRun> {
  const made = await testRun({ augment: 'crop,flip,colour,rotate,blur,erase' });
  runs.push(made);
  return made;
}

it('ends at the same bits with 0 and 2 workers, and when it was interrupted', async () => {
  const prints = [];
  for (const workers of [0, 2]) {
    const { run } = await newRun();
    await train(run, { workers });
    prints.push(await fingerprint(run));
  }
  const { run } = await newRun();
  await trainUntil(run, 3);
  await train(run, { workers: 2 });
  prints.push(await fingerprint(run));
  expect(prints[1]).toEqual(prints[0]);
  expect(prints[2]).toEqual(prints[0]);
});
