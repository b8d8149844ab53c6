/** Run folders for tests, as the training writes them. */
import { appendFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochRecord, stepRecord } from '../records.js';

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'counterpoise-watch-'));
}

export function makeRun(root: string, name: string, config: object = { epochs: 2, balance: name }): string {
  const path = join(root, name);
  mkdirSync(join(path, 'samples'), { recursive: true });
  writeFileSync(join(path, 'config.json'), JSON.stringify(config));
  return path;
}

/** A line of `metrics.jsonl`, without its line feed. */
export function stepLine(
  step: number,
  { losses = ['class', 'box'], factor = 1 }: { losses?: readonly string[]; factor?: number } = {},
): string {
  const values = Object.fromEntries(losses.map((loss, index) => [loss, 1000 ** index * factor * (1 + 1 / step)]));
  const weights = Object.fromEntries(losses.map((loss, index) => [loss, 1000 ** -index]));
  return JSON.stringify({
    kind: 'step',
    ...stepRecord({ epoch: 1, step, learningRate: 0.5, losses: values, weights }),
  });
}

/** Steps from `first` to `last` of three losses; every third step has measured gradients, and cosines that fall. */
export function writeMeasuredSteps(run: string, first: number, last: number): void {
  const steps = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  writeLines(
    run,
    steps.map((step) => {
      const values = { class: 2, box: 1500, aux: 0.1 };
      const cosines = { 'class:box': 0.9 - step / 20, 'class:aux': 0.25, 'box:aux': -step / 100 };
      const measured = step % 3 === 0 ? { gradientNorms: { class: 0.5, box: 80 + step, aux: 0.02 }, cosines } : {};
      const common = { epoch: Math.ceil(step / 15), step, learningRate: 0.5, losses: values };
      const weights = { class: 1, box: 0.001, aux: 3 };
      return JSON.stringify({ kind: 'step', ...stepRecord({ ...common, weights, ...measured }) });
    }),
  );
}

export function epochLine(epoch: number, step: number): string {
  return JSON.stringify({
    kind: 'epoch',
    ...epochRecord({
      epoch,
      step,
      learningRate: 0.5,
      trainLosses: { class: 1.5, box: 1500 },
      valLosses: { class: 1 + 1 / epoch, box: 1000 + 10 / epoch },
      weights: { class: 1, box: 0.001 },
      metrics: { accuracy: 1 - 0.5 / epoch },
    }),
  });
}

export function writeLines(run: string, lines: readonly string[], file = 'metrics.jsonl'): void {
  appendFileSync(join(run, file), lines.map((line) => `${line}\n`).join(''));
}

/** Steps from `first` to `last`; the losses are multiplied by the factor. */
export function writeSteps(run: string, first: number, last: number, factor = 1): void {
  writeLines(
    run,
    Array.from({ length: last - first + 1 }, (_, index) => stepLine(first + index, { factor })),
  );
}

/** The smallest picture: a PNG of one pixel. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
