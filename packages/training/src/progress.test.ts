import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.js';
import type { EpochProgress, ProgressOptions } from './progress-types.js';

class Capture extends Writable {
  text = '';
  readonly isTTY: boolean;
  columns = 120;
  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }
  override _write(chunk: string, _: BufferEncoding, done: () => void) {
    this.text += chunk;
    done();
  }
  /** What stands on the screen: lines, with what was cleared gone. */
  get screen(): string[] {
    return this.text.split('\n').map((line) => line.slice(line.lastIndexOf('\r') + 1).replace('\x1b[K', ''));
  }
}

function start(isTTY: boolean, options: Partial<ProgressOptions> = {}) {
  const stream = new Capture(isTTY);
  const clock = { ms: 0 };
  const progress = createProgress({
    stream,
    epochs: 2,
    stepsPerEpoch: 10,
    now: () => clock.ms,
    environment: { NO_COLOR: '1' },
    ...options,
  });
  const step = (epoch: number, at: number, ms = 500) => {
    clock.ms += ms;
    const losses = { class: 2.25, box: 12345.6 };
    progress.step({ epoch, step: at, count: 8, losses, weights: { class: 0.5, box: 0.0001 } });
  };
  return { stream, clock, progress, step };
}

const epochOf = (epoch: number, more: Partial<EpochProgress> = {}): EpochProgress => ({
  epoch,
  learningRate: 0.001,
  trainLosses: { class: 2.5, box: 12345.6 },
  weights: { class: 0.5, box: 0.0001 },
  ...more,
});
const validated = {
  valLosses: { class: 3, box: 9999 },
  metrics: { accuracy: 0.875, meanIou: 0.61234 },
};

describe('on a terminal', () => {
  it('draws one live line with bar, raw losses, weights, rate and time left', () => {
    const { stream, step } = start(true);
    for (let at = 1; at <= 5; at++) step(1, at);
    expect(stream.text).not.toContain('\n');
    expect(stream.screen).toEqual([
      '1/2  ━━━━━━━━━━··········   5/10  class 2.250 x 0.5000 (48 %)  box 12346 x 1.00e-4 (52 %)  16 images/s  0:08 left',
    ]);
  });

  it('redraws at most ten times a second', () => {
    const { stream, step } = start(true);
    for (let at = 1; at <= 9; at++) step(1, at, 20);
    expect(stream.text.split('\r').length - 1).toBe(2);
  });

  it('replaces the live line by one aligned row per epoch, with the header once', () => {
    const { stream, progress, step } = start(true, { labels: { meanIou: 'mean IoU' } });
    stream.columns = 140;
    for (const epoch of [1, 2]) {
      for (let at = 1; at <= 10; at++) step(epoch, at);
      progress.epoch(
        epochOf(epoch, epoch === 1 ? validated : { ...validated, trainLosses: { class: 0.001, box: 1e6 } }),
      );
    }
    progress.message('report: runs/a/report.html');
    progress.finish();
    expect(stream.screen).toEqual([
      '       ─ train ────────────  ─ weight ─────────  ─ val ──────────────────────────────────',
      'epoch      class        box     class       box      class        box  accuracy  mean IoU        lr  images/s    time',
      '  1/2      2.500      12346    0.5000   1.00e-4          3       9999    0.8750    0.6123  0.001000        16    0:05',
      '  2/2   0.001000    1000000    0.5000   1.00e-4          3       9999    0.8750    0.6123  0.001000        16    0:05',
      'report: runs/a/report.html',
      '',
    ]);
  });

  it('draws the header anew when the terminal became wider, and for a training without validation', () => {
    const { stream, progress } = start(true);
    stream.columns = 60;
    progress.epoch(epochOf(1));
    stream.columns = 120;
    progress.epoch(epochOf(2));
    expect(stream.screen.filter((line) => line.startsWith('epoch'))).toHaveLength(2);
    expect(stream.text).not.toContain('val');
  });

  it('draws the last step in any case, and then the validation', () => {
    const { stream, progress, step } = start(true);
    step(1, 9);
    step(1, 10, 1);
    expect(stream.screen[0]).toContain('  10/10  ');
    progress.validation(3, 4);
    expect(stream.screen[0]).toContain('  10/10  ');
    progress.validation(4, 4);
    expect(stream.screen).toEqual(['1/2  ━━━━━━━━━━━━━━━━━━━━  4/4  validation']);
  });

  it('shows means of the epoch so far, and begins anew with the next', () => {
    const { stream, clock, progress } = start(true, { epochs: 3 });
    const at = (epoch: number, step: number, loss: number, weight: number) => {
      clock.ms += 500;
      progress.step({ epoch, step, count: 8, losses: { a: loss, b: 1 }, weights: { a: weight, b: 1 } });
      return stream.screen[0]!;
    };
    expect(at(1, 1, 1, 1)).toContain('a 1.000 x 1.000 (50 %)  b 1.000 x 1.000 (50 %)');
    expect(at(1, 2, 3, 3)).toContain('a 2.000 x 2.000 (70 %)  b 1.000 x 1.000 (30 %)');
    expect(at(2, 1, 1, 0)).toContain('a 1.000 x 0 ( 0 %)  b 1.000 x 1.000 (100 %)');
  });

  it('leaves out bar, rate, weights and shares one after the other on a narrow terminal, and never wraps', () => {
    for (const [columns, expected] of [
      [100, '1/2  ━·····   2/10  class 2.250 x 0.5000 (48 %)  box 12346 x 1.00e-4 (52 %)  16 images/s  0:09 left'],
      [96, '1/2   2/10  class 2.250 x 0.5000 (48 %)  box 12346 x 1.00e-4 (52 %)  16 images/s  0:09 left'],
      [80, '1/2   2/10  class 2.250 x 0.5000 (48 %)  box 12346 x 1.00e-4 (52 %)  0:09 left'],
      [60, '1/2   2/10  class 2.250 (48 %)  box 12346 (52 %)  0:09 left'],
      [50, '1/2   2/10  class 2.250  box 12346  0:09 left'],
      [30, '1/2   2/10  class 2.250  box '],
    ] as const) {
      const narrow = start(true);
      narrow.stream.columns = columns;
      narrow.step(1, 1);
      narrow.step(1, 2);
      expect(narrow.stream.screen).toEqual([expected]);
      expect(expected.length).toBeLessThan(columns);
    }
  });

  it('uses colour unless NO_COLOR is set, and plain lines on a dumb terminal', () => {
    const colored = start(true, { environment: {} });
    colored.step(1, 1);
    colored.step(1, 5);
    expect(colored.stream.text).toContain('━━━━━━━━━━\x1b[0;2m──────────\x1b[0m   5/10');
    colored.progress.epoch(epochOf(1));
    expect(colored.stream.text).toContain('\x1b[1mepoch');
    const dumb = start(true, { environment: { TERM: 'dumb' } });
    dumb.step(1, 1, 10_000);
    expect(dumb.stream.text).not.toContain('\x1b');
  });
});

describe('elsewhere', () => {
  it('writes a plain line per epoch and at most one per ten seconds between', () => {
    const { stream, progress, step } = start(false, { stepsPerEpoch: 46, labels: { meanIou: 'mean IoU' } });
    for (let at = 1; at <= 46; at++) step(1, at);
    progress.validation(1, 1);
    progress.epoch(epochOf(1, validated));
    progress.message('done');
    progress.finish();
    expect(stream.text).toBe(
      'epoch 1/2 step 20/46  class 2.250 x 0.5000 (48 %)  box 12346 x 1.00e-4 (52 %)  16 images/s  0:36 left\n' +
        'epoch 1/2 step 40/46  class 2.250 x 0.5000 (48 %)  box 12346 x 1.00e-4 (52 %)  16 images/s  0:26 left\n' +
        'epoch 1/2  class 2.500  box 12346  val class 3  val box 9999  accuracy 0.8750  mean IoU 0.6123  ' +
        'weight class 0.5000  weight box 1.00e-4  lr 0.001000  16 images/s  took 0:23  0:23 left\n' +
        'done\n',
    );
  });
});

describe('json', () => {
  it('writes JSON lines and nothing else, also on a terminal', () => {
    const { stream, progress, step } = start(true, { mode: 'json', labels: { meanIou: 'mean IoU' } });
    step(1, 1);
    step(1, 2);
    progress.validation(1, 2);
    progress.epoch(epochOf(1, validated));
    progress.message('two\nlines');
    progress.finish();
    const losses = { class: 2.25, box: 12345.6 };
    const weights = { class: 0.5, box: 0.0001 };
    const lines = stream.text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { event: 'step', epoch: 1, step: 1, count: 8, losses, weights, perSecond: null, secondsLeft: null },
      { event: 'step', epoch: 1, step: 2, count: 8, losses, weights, perSecond: 16, secondsLeft: 9 },
      {
        event: 'epoch',
        epoch: 1,
        values: { class: 2.5, box: 12345.6, 'val class': 3, 'val box': 9999, accuracy: 0.875, meanIou: 0.61234 },
        perSecond: 16,
        secondsLeft: 9,
      },
      { event: 'message', text: 'two\nlines' },
    ]);
  });
});

describe('quiet', () => {
  it('writes nothing', () => {
    const { stream, progress, step } = start(false, { mode: 'quiet' });
    step(1, 1, 20_000);
    progress.validation(1, 1);
    progress.epoch(epochOf(1));
    progress.message('x');
    progress.finish();
    expect(stream.text).toBe('');
  });
});

describe('time left', () => {
  it('adds the validation of the epochs to come', () => {
    const { stream, clock, progress, step } = start(false);
    for (let at = 1; at <= 10; at++) step(1, at);
    clock.ms += 4000;
    progress.epoch(epochOf(1));
    // Ten steps of half a second and one more validation; the rate does not count the validation.
    expect(stream.text).toMatch(/ {2}16 images\/s {2}took 0:09 {2}0:09 left\n$/);
  });

  it('follows a change of speed, and starts from the steps done before in a resumed run', () => {
    const { stream, step } = start(false, { stepsPerEpoch: 1000, stepsDone: 1000 });
    for (let at = 1; at <= 100; at++) step(2, at, 100);
    for (let at = 101; at <= 200; at++) step(2, at, 1000);
    expect(stream.text.trim().split('\n').at(-1)).toContain('  8.0 images/s  13:16 left');
  });
});

describe('bad options', () => {
  it('names the argument', () => {
    expect(() => start(true, { epochs: 0 })).toThrow('"epochs" must be an integer >= 1, got 0');
    expect(() => start(true, { stepsPerEpoch: 1.5 })).toThrow('"stepsPerEpoch" must be an integer >= 1, got 1.5');
    expect(() => start(true, { mode: 'loud' as 'json' })).toThrow(
      '"mode" must be "auto", "json" or "quiet", got "loud"',
    );
  });
});
