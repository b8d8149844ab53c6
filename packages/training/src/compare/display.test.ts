import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { plain, requestFor } from './contenders.js';
import { CompareDisplay } from './display.js';
import type { RunOutcome } from './job.js';

const result: RunOutcome = {
  metrics: { accuracy: 0.5 },
  losses: {},
  firstLosses: {},
  meanWeights: {},
  steps: 1,
  secondsPerStep: 1,
};
const request = (seed: number) => requestFor(plain('sum'), 0.01, seed);

function displayOn(mode: 'auto' | 'json', isTTY: boolean) {
  let text = '';
  const clock = { now: 0 };
  const write = (chunk: unknown, _encoding: unknown, done: () => void) => {
    text += String(chunk);
    done();
  };
  const stream = Object.assign(new Writable({ write }), { isTTY, columns: 60 });
  const display = new CompareDisplay({ mode, jobs: 2, stream, now: () => clock.now, environment: { NO_COLOR: '1' } });
  return { display, clock, shown: () => text };
}

test('plain lines: what was there before is counted, takes no time and no line', () => {
  const { display, clock, shown } = displayOn('auto', false);
  display.plan(4, []);
  display.result(request(1), result, true);
  clock.now = 10_000;
  display.progress(request(3), 0.5);
  display.result(request(2), result, false);
  display.result(request(3), { diverged: 'loss "box" is NaN' }, false);
  // One and a half runs in ten seconds, and one and a half left.
  expect(shown()).toBe(
    'run 2/4  sum, learning rate 0.01, seed 2  accuracy 0.5000  0:10 left\n' +
      'run 3/4  sum, learning rate 0.01, seed 3  diverged: loss "box" is NaN  0:05 left\n',
  );
});

test('methods that are left out are told before the first run', () => {
  const { display, shown } = displayOn('auto', false);
  display.plan(4, [{ name: 'modo', reason: 'it takes three batches' }]);
  expect(shown()).toBe('Left out: modo: it takes three batches\n');
});

test('a terminal has a live line under the lines, not wider than itself, at most five times a second', () => {
  const { display, clock, shown } = displayOn('auto', true);
  display.plan(10, []);
  clock.now = 5000;
  display.progress(request(1), 0.25);
  display.progress(request(1), 0.26);
  expect(shown()).toBe(`\r\x1b[K${'·'.repeat(20)}  0/10 runs  1 at work  25 %  3:15 left`.slice(0, 3 + 1 + 59));
  display.result(request(1), result, false);
  expect(shown().split('\n')[0]).toContain('\r\x1b[Krun 1/10  sum, learning rate 0.01, seed 1  accuracy 0.5000');
  expect(shown().split('\n')[1]).toContain('━━··················  1/10 runs  0 at work');
  display.finish();
  expect(shown().endsWith('\r\x1b[K')).toBe(true);
});

test('JSON: one object per line and nothing else', () => {
  const { display, clock, shown } = displayOn('json', true);
  display.plan(2, []);
  clock.now = 2000;
  display.progress(request(1), 0.5);
  display.result(request(1), result, false);
  display.result(request(2), { diverged: 'why' }, true);
  const events = shown()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events).toEqual([
    { event: 'run', done: 1, total: 2, request: request(1), isOld: false, metrics: { accuracy: 0.5 }, secondsLeft: 2 },
    { event: 'run', done: 2, total: 2, request: request(2), isOld: true, diverged: 'why', secondsLeft: 0 },
  ]);
});
