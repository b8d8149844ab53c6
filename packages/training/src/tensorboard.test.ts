import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MetricsLog } from './metrics-log.js';
import { epochColumns, epochRecord, stepRecord } from './records.js';
import { EventFile } from './tensorboard.js';
import { readEvents, scalarsOfFiles } from './testing/event-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'events-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const eventFiles = () => readdirSync(folder).filter((name) => name.includes('tfevents'));
const read = () => eventFiles().map((name) => readFileSync(join(folder, name)));
const now = () => 1_700_000_000_250;

describe('an event file', () => {
  it('begins with its version and the step it speaks from; then a scalar per tag, in float32', () => {
    const file = new EventFile(folder, { firstStep: 3, now });
    file.scalars(3, { 'train/class': 0.5, 'weight/größe': 1e-3, huge: 1e300, bad: Number.NaN });
    file.scalars(2 ** 40, { 'train/class': -2 });
    file.scalars(5, {});
    file.close();
    expect(eventFiles()).toEqual(['events.out.tfevents.1700000000.counterpoise']);
    const [version, start, first, second, ...rest] = readEvents(read()[0]!);
    expect(rest).toEqual([]);
    expect(version).toEqual({
      wallTime: 1_700_000_000.25,
      step: 0,
      fileVersion: 'brain.Event:2',
      isStart: false,
      scalars: {},
    });
    expect(start).toEqual({ wallTime: 1_700_000_000.25, step: 3, isStart: true, scalars: {} });
    expect(first!.scalars).toEqual({
      'train/class': 0.5,
      'weight/größe': Math.fround(1e-3),
      huge: Number.POSITIVE_INFINITY,
      bad: Number.NaN,
    });
    expect(second).toMatchObject({ step: 2 ** 40, scalars: { 'train/class': -2 } });
  });

  it('has the bytes of the format', () => {
    // `RecordWriter.write` of TensorBoard 2.21 on an event with wall_time 0 (written out) and the version.
    new EventFile(folder, { firstStep: 1, now: () => 0 }).close();
    expect(read()[0]!.subarray(0, 40).toString('hex')).toBe(
      '1800000000000000a37f4b220900000000000000001a0d627261696e2e4576656e743a32eedf28a3',
    );
  });

  it('is made anew each time and comes after the others, also when the clock was set back', () => {
    writeFileSync(join(folder, 'events.out.tfevents.1800000000.otherhost.1.v2'), '');
    for (let count = 0; count < 2; count++) new EventFile(folder, { firstStep: 1, now }).close();
    expect(eventFiles()).toEqual([
      'events.out.tfevents.1800000000.otherhost.1.v2',
      'events.out.tfevents.1800000001.counterpoise',
      'events.out.tfevents.1800000002.counterpoise',
    ]);
  });

  it('names the file that cannot be made', () => {
    expect(() => new EventFile(join(folder, 'none'), { firstStep: 1, now })).toThrow(/none/);
  });
});

describe('a metrics log', () => {
  // A metric that has the name of a loss is a curve of its own.
  const columns = epochColumns(['class', 'box'], ['accuracy', 'box']);
  const work = (log: MetricsLog, from: number, to: number) => {
    for (let step = from; step <= to; step++) {
      const shared = { epoch: Math.ceil(step / 3), step, learningRate: 0.5, weights: { class: 1, box: 0.5 } };
      const losses = { class: step, box: 6 * step };
      const measured = { gradientNorms: { class: 2, box: 40 }, cosines: { 'class:box': -0.5 } };
      log.step(stepRecord({ ...shared, losses, ...(step % 2 === 0 && measured) }));
      if (step % 3 === 0) {
        const metrics = { accuracy: step, box: -step };
        log.epoch(epochRecord({ ...shared, trainLosses: losses, valLosses: losses, metrics }));
      }
    }
  };

  it('tells losses, weights, shares and rate of every step, gradients where measured, validation of every epoch', () => {
    const log = new MetricsLog(folder, { columns });
    work(log, 1, 3);
    log.close();
    const steps = (value: (step: number) => number) => ({ 1: value(1), 2: value(2), 3: value(3) });
    expect(scalarsOfFiles(read())).toEqual({
      'train/class': steps((step) => step),
      'train/box': steps((step) => 6 * step),
      'weight/class': steps(() => 1),
      'weight/box': steps(() => 0.5),
      'share/class': steps(() => 0.25),
      'share/box': steps(() => 0.75),
      'gradient_norm/class': { 2: 2 },
      'gradient_norm/box': { 2: 40 },
      'cosine/class:box': { 2: -0.5 },
      learning_rate: steps(() => 0.5),
      'val/class': { 3: 3 },
      'val/box': { 3: 18 },
      'metric/accuracy': { 3: 3 },
      'metric/box': { 3: -3 },
    });
  });

  it('leaves readable files when it is killed, and a resumed one takes back what was ahead of the checkpoint', () => {
    const undisturbed = new MetricsLog(folder, { columns });
    work(undisturbed, 1, 9);
    undisturbed.close();
    const expected = scalarsOfFiles(read());
    for (let checkpoint = 0; checkpoint <= 7; checkpoint++) {
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
      const first = new MetricsLog(folder, { columns });
      work(first, 1, checkpoint);
      const position = first.position();
      work(first, checkpoint + 1, checkpoint + 2);
      first.close();
      const [name] = eventFiles();
      // Killed in the middle of a record.
      appendFileSync(join(folder, name!), read()[0]!.subarray(0, 30));
      const resumed = new MetricsLog(folder, { columns });
      resumed.truncateTo(position);
      work(resumed, checkpoint + 1, 9);
      resumed.close();
      expect(eventFiles()).toHaveLength(2);
      expect(scalarsOfFiles(read())).toEqual(expected);
    }
  });

  it('keeps the last step of an epoch that is validated only after a resumption', () => {
    const log = new MetricsLog(folder, { columns });
    log.step(stepRecord({ epoch: 1, step: 1, learningRate: 1, losses: { class: 2 }, weights: { class: 1 } }));
    log.close();
    const resumed = new MetricsLog(folder, { columns });
    const values = { epoch: 1, step: 1, learningRate: 1, weights: { class: 1 }, trainLosses: { class: 2 } };
    resumed.epoch(epochRecord({ ...values, metrics: { accuracy: 0.5 } }));
    resumed.close();
    expect(scalarsOfFiles(read())).toMatchObject({ 'train/class': { 1: 2 }, 'metric/accuracy': { 1: 0.5 } });
  });

  it('makes no event file when it has nothing to tell', () => {
    const log = new MetricsLog(folder, { columns });
    log.timing({ seconds: 1 });
    log.close();
    expect(eventFiles()).toEqual([]);
  });
});
