import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MetricsLog } from './metrics-log.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metrics-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const text = (name: string) => readFileSync(join(folder, name), 'utf8');
const columns = ['epoch', 'train/loss/box', 'note'];
const open = (now?: () => number) => new MetricsLog(folder, now ? { columns, now } : { columns });

describe('the files', () => {
  it('hold a JSON line per step and epoch, and a CSV row per epoch in the order of the columns', () => {
    const log = open();
    log.step({ epoch: 1, step: 1, 'train/loss/box': 12000.5 });
    log.epoch({ note: 'a "b", c', epoch: 1 });
    log.epoch({ epoch: 2, 'train/loss/box': Number.NaN });
    log.close();
    expect(text('metrics.jsonl')).toBe(
      '{"kind":"step","epoch":1,"step":1,"train/loss/box":12000.5}\n' +
        '{"kind":"epoch","note":"a \\"b\\", c","epoch":1}\n' +
        '{"kind":"epoch","epoch":2,"train/loss/box":null}\n',
    );
    expect(text('metrics.csv')).toBe('epoch,train/loss/box,note\n1,,"a ""b"", c"\n2,,\n');
  });

  it('refuse a field that is no column, and equal columns', () => {
    const log = open();
    expect(() => log.epoch({ epoch: 1, iou: 1 })).toThrow('"iou" is no column of metrics.csv, which has epoch, train');
    log.close();
    expect(text('metrics.jsonl')).toBe('');
    expect(() => new MetricsLog(folder, { columns: ['a', 'b', 'a'] })).toThrow('"columns" must differ, got "a" twice');
  });

  it('say which folder is missing', () => {
    expect(() => new MetricsLog(join(folder, 'none'), { columns })).toThrow(
      /cannot open ".*metrics.jsonl": the folder/,
    );
  });
});

describe('flushing', () => {
  it('writes steps at most once a second, epochs and positions at once', () => {
    let now = 0;
    const log = open(() => now);
    log.step({ step: 1 });
    expect(text('metrics.jsonl')).toBe('');
    now = 1000;
    log.step({ step: 2 });
    expect(text('metrics.jsonl')).toBe('{"kind":"step","step":1}\n{"kind":"step","step":2}\n');
    log.step({ step: 3 });
    log.epoch({ epoch: 1 });
    expect(text('metrics.jsonl').split('\n')).toHaveLength(5);
    log.step({ step: 4, name: 'é' });
    const position = log.position();
    expect(position).toEqual({
      jsonl: Buffer.byteLength(text('metrics.jsonl')),
      csv: Buffer.byteLength(text('metrics.csv')),
    });
    log.close();
  });
});

describe('resuming', () => {
  const work = (log: MetricsLog, from: number, to: number) => {
    for (let step = from; step <= to; step++) {
      log.step({ step, loss: Math.sin(step) });
      if (step % 3 === 0) log.epoch({ epoch: step / 3, 'train/loss/box': Math.cos(step) });
    }
  };

  it('gives the bytes of an undisturbed run, wherever it was interrupted', () => {
    const undisturbed = open();
    work(undisturbed, 1, 12);
    undisturbed.close();
    const expected = [text('metrics.jsonl'), text('metrics.csv')];
    for (let checkpoint = 0; checkpoint <= 9; checkpoint++) {
      const first = open();
      first.truncateTo({ jsonl: 0, csv: 0 });
      work(first, 1, checkpoint);
      const position = JSON.parse(JSON.stringify(first.position())) as { jsonl: number; csv: number };
      work(first, checkpoint + 1, checkpoint + 2);
      first.close();
      // Killed in the middle of a line.
      appendFileSync(join(folder, 'metrics.jsonl'), '{"kind":"st');
      appendFileSync(join(folder, 'metrics.csv'), '4,0.');
      const resumed = open();
      resumed.truncateTo(position);
      work(resumed, checkpoint + 1, 12);
      resumed.close();
      expect([text('metrics.jsonl'), text('metrics.csv')]).toEqual(expected);
    }
  });

  it('refuses a file that is shorter than the checkpoint says', () => {
    writeFileSync(join(folder, 'metrics.jsonl'), '{}\n');
    const log = open();
    expect(() => log.truncateTo({ jsonl: 10, csv: 0 })).toThrow(
      /metrics.jsonl" has 3 bytes, the checkpoint was taken at 10: was it edited\?/,
    );
    log.close();
  });

  it('keeps the timing of both parts, without the line that was cut', () => {
    const first = open();
    first.timing({ step: 1, seconds: 0.5 });
    first.close();
    appendFileSync(join(folder, 'timing.jsonl'), '{"step":2,"sec');
    const second = open();
    second.truncateTo({ jsonl: 0, csv: 0 });
    second.timing({ step: 2, seconds: 0.25 });
    second.close();
    expect(text('timing.jsonl')).toBe('{"step":1,"seconds":0.5}\n{"step":2,"seconds":0.25}\n');
  });
});
