import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createPpoProgress, type PpoProgressOptions, type UpdateProgress } from './progress.js';

function display(options: Partial<PpoProgressOptions> & { isTTY?: boolean; columns?: number } = {}) {
  let text = '';
  let time = 0;
  const { isTTY = false, columns = 120, ...rest } = options;
  const stream = Object.assign(
    new Writable({
      write(chunk, _, done) {
        text += chunk;
        done();
      },
    }),
    { isTTY, columns },
  );
  const progress = createPpoProgress({
    totalSteps: 10_000,
    stepsDone: 0,
    stream,
    now: () => time,
    environment: {},
    ...rest,
  });
  return {
    progress,
    text: () => text,
    after(seconds: number, step: number, more: Partial<UpdateProgress> = {}) {
      time = 1000 * seconds;
      progress.update({ record: { step, 'losses/explained_variance': 0.5 }, recentReturn: undefined, ...more });
    },
  };
}

test('off a terminal: a line every ten seconds, and the last one', () => {
  const { after, text } = display();
  after(1, 1000);
  after(9, 4000);
  after(11, 5000, { recentReturn: { mean: 123.456, episodes: 104 } });
  after(12, 6000);
  after(20, 10_000, { record: { step: 10_000, 'losses/explained_variance': null } });
  expect(text()).toBe(
    'step  5000/10000  return 123.5 (104 episodes)  explained variance 0.50  455 steps/s  0:11 left\n' +
      'step 10000/10000  no episode ended yet  500 steps/s  0:00 left\n',
  );
});

test('the rate of a resumed run is that of its own steps', () => {
  const { after, text } = display({ stepsDone: 8000 });
  after(10, 9000);
  expect(text()).toContain('100 steps/s  0:10 left');
});

test('on a terminal: one live line, and one that stays for every tenth', () => {
  const { after, text, progress } = display({ isTTY: true });
  after(0.5, 500);
  after(0.55, 600);
  after(1, 1000);
  progress.finish();
  const lines = text().split('\r\x1b[K');
  expect(lines).toHaveLength(4);
  expect(lines[1]).toContain('  500/10000  ━···················  ');
  expect(lines[2]).toMatch(/^step {2}1000\/10000 {2}no episode.*\n$/);
  expect(lines[3]).toBe('');
});

test('on a narrow terminal no line is longer than it', () => {
  const { after, text } = display({ isTTY: true, columns: 40 });
  after(0.5, 500);
  after(1, 1000);
  for (const line of text().split('\r\x1b[K')) expect(line.trimEnd().length).toBeLessThanOrEqual(39);
});

test('on a terminal of 80 columns return, rate and time are there', () => {
  const { after, text } = display({ isTTY: true, columns: 80, totalSteps: 1_000_000 });
  after(0.5, 5000, { recentReturn: { mean: -1234.5, episodes: 100 } });
  expect(text()).toBe('\r\x1b[Kstep    5000/1000000  return -1235 (100 episodes)  10000 steps/s  1:40 left');
});

test('json: an object per update with every number of it', () => {
  const { after, text } = display({ mode: 'json' });
  after(1, 1000, { recentReturn: { mean: 20, episodes: 7 } });
  after(2, 2000);
  const events = text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events[0]).toEqual({
    event: 'update',
    step: 1000,
    'losses/explained_variance': 0.5,
    recentReturn: 20,
    recentEpisodes: 7,
    'charts/SPS': 1000,
    secondsLeft: 9,
  });
  expect(events[1]).not.toHaveProperty('recentReturn');
});

test('quiet: nothing', () => {
  const { after, text, progress } = display({ mode: 'quiet', isTTY: true });
  after(1, 1000);
  progress.finish();
  expect(text()).toBe('');
});
