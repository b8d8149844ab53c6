import { parseOptions } from 'counterpoise/catalog';
import { expect, test } from 'vitest';
import { aloneChoice, contendersFor, isAdaptive, isStatic, plain, requestFor, staticChoice } from './contenders.js';
import type { CompareJob } from './job.js';
import { runName } from './store.js';

const job: CompareJob = { losses: ['a', 'b'], metrics: [], run: () => Promise.resolve(undefined) };

test('the baselines come first, each once, and what the job refuses is named', () => {
  const smooth = { method: 'ema', options: ['beta=0.9'], wraps: ['smooth=0.5'] };
  const refuse = ({ method }: { method: string }) => (method === 'mgda' ? 'no gradients' : undefined);
  const { contenders, leftOut } = contendersFor({ ...job, refuse }, [plain('sum'), smooth, smooth, plain('mgda')]);
  expect(contenders).toEqual([plain('sum'), plain('log-sum'), plain('random'), smooth]);
  expect(leftOut).toEqual([{ name: 'mgda', reason: 'no gradients' }]);
});

test('who is static', () => {
  const weights = staticChoice({ a: 1, b: 2 });
  expect([plain('sum'), plain('mean'), weights].every(isStatic)).toBe(true);
  expect([plain('random'), plain('ema')].some(isStatic)).toBe(false);
  expect(isAdaptive(plain('ema'))).toBe(true);
  expect(isAdaptive(plain('random'))).toBe(false);
  expect(isStatic({ ...weights, wraps: ['normalize=ema'] })).toBe(false);
});

test('weights survive their way through text, bit for bit', () => {
  const weights = { a: 0.1 + 0.2, b: 1e-7 / 3 };
  expect(parseOptions('static', staticChoice(weights).options)).toEqual({ weights });
  expect(parseOptions('static', aloneChoice(['a', 'b', 'c'], ['a', 'c']).options)).toEqual({
    weights: { a: 1, b: 0, c: 1 },
  });
});

test('a method that draws lots has another seed in every run, unless it was given one', () => {
  expect(requestFor(plain('random'), 0.1, 7).options).toEqual(['seed=7']);
  expect(requestFor({ ...plain('random'), options: ['seed=3'] }, 0.1, 7).options).toEqual(['seed=3']);
  expect(requestFor(plain('sum'), 0.1, 7).options).toEqual([]);
});

test('the name of a run is a file name, and another one for every request', () => {
  const names = [1, 2].flatMap((seed) => [0.1, 0.01].map((rate) => runName(requestFor(plain('sum'), rate, seed))));
  expect(new Set(names).size).toBe(4);
  expect(names[0]).toMatch(/^sum-lr0\.1-seed1-[0-9a-f]{10}$/);
  expect(runName({ ...plain('../../etc/x'), learningRate: 1, seed: 1 })).toMatch(/^\.\._\.\._etc_x-lr1/);
});
