import { loadCheckpoint, readMetrics } from '@counterpoise/training';
import { afterEach, expect, test } from 'vitest';
import { fingerprint, type TestRun, testRun, train, trainUntil } from './testing/training-run.js';

const runs: TestRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.remove();
});

async function newRun(config: Parameters<typeof testRun>[0]) {
  const made = await testRun(config);
  runs.push(made);
  return made.run;
}

test.each([
  ['moco', [], 'gradients.backbone.conv1.weight.moco.box'],
  ['m-config', [], 'gradients.m_config.counts'],
  ['gradvac', ['per=layer'], 'gradients.backbone.layer1.0.conv1.gradvac_targets'],
] as const)('a run interrupted with %s %s goes on bit for bit', async (balance, balanceOptions, state) => {
  const config = { balance, balanceOptions, optimizer: 'sgd', epochs: 1 } as const;
  const undisturbed = await newRun(config);
  await train(undisturbed);
  const interrupted = await newRun(config);
  await trainUntil(interrupted, 3);
  const { tensors } = await loadCheckpoint(interrupted.lastCheckpoint);
  expect([...tensors.keys()]).toContain(state);
  await train(interrupted);
  expect(await fingerprint(interrupted)).toEqual(await fingerprint(undisturbed));
  const weights = readMetrics(undisturbed.metrics).map((record) => Number(record['weight/box']));
  expect(weights.every((weight) => weight >= 0)).toBe(true);
});
