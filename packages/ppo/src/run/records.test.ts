import { expect, test } from 'vitest';
import { ReturnWindow, recentReturns, updateRecord } from './records.js';

const record = (episodes: number, mean?: number) => ({
  step: 1,
  'charts/episodes': episodes,
  ...(mean !== undefined && { 'charts/episodic_return': mean }),
});

test('the mean return is of the fewest last updates that have 100 episodes together', () => {
  const records = [record(0), record(60, 1), record(30, 2), record(50, 4), record(0), record(50, 10)];
  expect(recentReturns(records)).toEqual([
    undefined,
    { mean: 1, episodes: 60 },
    { mean: (60 + 60) / 90, episodes: 90 },
    { mean: (60 + 60 + 200) / 140, episodes: 140 },
    { mean: (60 + 60 + 200) / 140, episodes: 140 },
    { mean: (200 + 500) / 100, episodes: 100 },
  ]);
});

test('a single update with more than 100 episodes counts whole', () => {
  const window = new ReturnWindow();
  window.add(record(10, 0));
  window.add(record(300, 5));
  expect(window.value).toEqual({ mean: 5, episodes: 300 });
});

test('a record has the steps of all environments as its step', () => {
  const metrics = { global_step: 512, 'losses/value_loss': 2 };
  expect(updateRecord({ metrics, episodes: [] })).toEqual({
    step: 512,
    'charts/episodes': 0,
    'losses/value_loss': 2,
  });
});
