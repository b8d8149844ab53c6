import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluatePolicy } from '../evaluate.js';
import { makeEnvironment } from '../registry.js';
import { type TestRun, testRun, train, trainUntil } from '../testing/ppo-run.js';
import { returnCharts, spreadOf } from './charts.js';
import { type ReportedRun, writePpoReport } from './report.js';
import { openTrainedPolicy } from './trained.js';

const made: TestRun[] = [];
const reported: ReportedRun[] = [];
const environment = makeEnvironment('CartPole-v1');

beforeAll(async () => {
  for (const seed of [1, 2]) {
    const test = await testRun({ seed, measureGradients: true, normalizeObservations: true });
    made.push(test);
    await train(test.run);
    const { policy, release } = await openTrainedPolicy(test.run.path);
    reported.push({ run: test.run, evaluation: await evaluatePolicy(environment, policy, { episodes: 2, seed }) });
    release();
  }
}, 60_000);
afterAll(async () => {
  for (const test of made) await test.remove();
});

const titlesOf = (html: string) => [...html.matchAll(/<svg [^>]*><title>([^<]*)<\/title>/g)].map(([, title]) => title);

it('the report of a run has its curves, and plays an episode without a script', async () => {
  const path = join(made[0]!.run.path, 'report.html');
  await writePpoReport(path, reported.slice(0, 1), environment);
  const html = readFileSync(path, 'utf8');
  expect(html).toContain('<h1>PPO: CartPole-v1, pop-art</h1>');
  expect(html).toMatch(/After 512 steps: return [\d.]+ in the last \d+ episodes, [\d.]+ in 2 episodes/);
  expect(titlesOf(html)).toEqual([
    'Return',
    'Episode length',
    'Policy loss',
    'Value loss',
    'Entropy of the policy',
    'Weights',
    'Gradient norms',
    'Returns that the critic learns',
    'Explained variance',
    'Approximate KL divergence',
    'Share of clipped ratios',
    'Learning rate',
  ]);
  const picture = /src="data:image\/svg\+xml;base64,([^"]*)"/.exec(html)![1]!;
  expect(Buffer.from(picture, 'base64').toString()).toContain('<animateTransform');
  for (const name of ['policy', 'value', 'entropy', 'total']) expect(html).toContain(`>${name}</text>`);
  expect(html).not.toContain('<script');
  expect(html).toContain('<td>rolloutSteps</td>');
});

it('the report of several seeds has their mean and spread, and a row each', async () => {
  const path = join(made[0]!.run.path, 'seeds.html');
  await writePpoReport(path, reported, environment);
  const html = readFileSync(path, 'utf8');
  expect(html).toContain('mean of 2 seeds');
  expect(html).toContain('mean ± standard deviation');
  expect(html).toMatch(/return [\d.]+ \([\d.]+, [\d.]+\) in the last \d+ episodes/);
  for (const { evaluation, run } of reported) {
    expect(html).toContain(`<td>${run.config.seed}</td><td class="number">2</td>`);
    expect(evaluation.returns).toHaveLength(2);
  }
});

it('mean and standard deviation over seeds, by hand', () => {
  expect(
    spreadOf([
      [1, 2, 9],
      [3, 6],
    ]),
  ).toEqual([
    { mean: 2, std: Math.SQRT2 },
    { mean: 4, std: Math.sqrt(8) },
  ]);
});

it('there is no chart of returns before an episode has ended', () => {
  const records = [{ kind: 'step', step: 64, 'charts/episodes': 0 }];
  expect(returnCharts([{ records }])).toEqual([]);
});

it('a trained policy is that of the checkpoint: an interrupted run has one too, a new one has none', async () => {
  const test = await testRun();
  made.push(test);
  await expect(openTrainedPolicy(test.run.path)).rejects.toThrow('has no checkpoint yet');
  const play = async () => {
    const { policy, release } = await openTrainedPolicy(test.run.path);
    const { returns } = await evaluatePolicy(environment, policy, { episodes: 5, seed: 1 });
    release();
    return returns;
  };
  await trainUntil(test.run, 1);
  const early = await play();
  expect(await play()).toEqual(early);
  await train(test.run);
  expect(await play()).not.toEqual(early);
});
