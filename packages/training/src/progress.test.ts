import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgress, type ProgressOptions } from './progress.js';

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

describe('on a terminal', () => {
  it('draws one live line with bar, raw losses, weights, rate and time left', () => {
    const { stream, step } = start(true);
    for (let at = 1; at <= 5; at++) step(1, at);
    expect(stream.text).not.toContain('\n');
    expect(stream.screen).toEqual([
      '1/2  ━━━━━━━━━━··········  5/10  class 2.250 x 0.5000  box 12346 x 1.00e-4  16 images/s  0:08 left',
    ]);
  });

  it('redraws at most ten times a second', () => {
    const { stream, step } = start(true);
    for (let at = 1; at <= 10; at++) step(1, at, 20);
    expect(stream.text.split('\r').length - 1).toBe(2);
  });

  it('replaces the live line by one aligned row per epoch, with the header once', () => {
    const { stream, progress, step } = start(true);
    for (const epoch of [1, 2]) {
      for (let at = 1; at <= 10; at++) step(epoch, at);
      progress.epoch({ epoch, values: { class: 2.5, 'mean IoU': 0.61234, images: 64 } });
    }
    progress.message('report: runs/a/report.html');
    progress.finish();
    expect(stream.screen).toEqual([
      'epoch     class  mean IoU    images  time left',
      '1/2       2.500    0.6123        64       0:05',
      '2/2       2.500    0.6123        64       0:00',
      'report: runs/a/report.html',
      '',
    ]);
  });

  it('leaves out the bar, then the rate, on a narrow terminal, and never wraps', () => {
    const { stream, step } = start(true);
    step(1, 1);
    for (const [columns, expected] of [
      [80, '1/2  2/10  class 2.250 x 0.5000  box 12346 x 1.00e-4  16 images/s  0:09 left'],
      [72, '1/2  2/10  class 2.250 x 0.5000  box 12346 x 1.00e-4  0:09 left'],
      [40, '1/2  2/10  class 2.250 x 0.5000  box 12'],
    ] as const) {
      const narrow = start(true);
      narrow.stream.columns = columns;
      narrow.step(1, 1);
      narrow.step(1, 2);
      expect(narrow.stream.screen).toEqual([expected]);
    }
    expect(stream.screen[0]!.length).toBeLessThan(120);
  });

  it('uses colour unless NO_COLOR is set, and plain lines on a dumb terminal', () => {
    const colored = start(true, { environment: {} });
    colored.step(1, 1);
    expect(colored.stream.text).toContain('\x1b[32m━');
    const dumb = start(true, { environment: { TERM: 'dumb' } });
    dumb.step(1, 1, 10_000);
    expect(dumb.stream.text).not.toContain('\x1b');
  });
});

describe('elsewhere', () => {
  it('writes a plain line per epoch and at most one per ten seconds between', () => {
    const { stream, progress, step } = start(false, { stepsPerEpoch: 46 });
    for (let at = 1; at <= 46; at++) step(1, at);
    progress.epoch({ epoch: 1, values: { class: 2.5, 'mean IoU': 0.61234 } });
    progress.message('done');
    progress.finish();
    expect(stream.text).toBe(
      'epoch 1/2 step 20/46  class 2.250 x 0.5000  box 12346 x 1.00e-4  16 images/s  0:36 left\n' +
        'epoch 1/2 step 40/46  class 2.250 x 0.5000  box 12346 x 1.00e-4  16 images/s  0:26 left\n' +
        'epoch 1/2  class 2.500  mean IoU 0.6123  16 images/s  0:23 left\n' +
        'done\n',
    );
  });
});

describe('json', () => {
  it('writes JSON lines and nothing else, also on a terminal', () => {
    const { stream, progress, step } = start(true, { mode: 'json' });
    step(1, 1);
    step(1, 2);
    progress.epoch({ epoch: 1, values: { accuracy: 0.5 } });
    progress.message('two\nlines');
    progress.finish();
    const losses = { class: 2.25, box: 12345.6 };
    const weights = { class: 0.5, box: 0.0001 };
    const lines = stream.text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { event: 'step', epoch: 1, step: 1, count: 8, losses, weights, perSecond: null, secondsLeft: null },
      { event: 'step', epoch: 1, step: 2, count: 8, losses, weights, perSecond: 16, secondsLeft: 9 },
      { event: 'epoch', epoch: 1, values: { accuracy: 0.5 }, perSecond: 16, secondsLeft: 9 },
      { event: 'message', text: 'two\nlines' },
    ]);
  });
});

describe('quiet', () => {
  it('writes nothing', () => {
    const { stream, progress, step } = start(false, { mode: 'quiet' });
    step(1, 1, 20_000);
    progress.epoch({ epoch: 1, values: {} });
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
    progress.epoch({ epoch: 1, values: {} });
    // Ten steps of half a second and one more validation; the rate does not count the validation.
    expect(stream.text).toBe('epoch 1/2  16 images/s  0:09 left\n');
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
