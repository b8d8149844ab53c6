import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { counterpoise, type Outcome, TINY } from './command.test.helper.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-cli-'));
let trained: Outcome;

beforeAll(async () => {
  trained = await counterpoise([...TINY, '--out', 'run'], folder);
  const grey = sharp(Buffer.alloc(50 * 30, 90), { raw: { width: 50, height: 30, channels: 1 } });
  await grey.clone().png().toFile(join(folder, 'grey.png'));
  await grey.jpeg().withMetadata({ orientation: 8 }).toFile(join(folder, 'turned.jpg'));
  writeFileSync(join(folder, 'broken.jpg'), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0]));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('train: one plain line per epoch off a terminal, then the best epoch and where everything is', () => {
  expect({ code: trained.code, stderr: trained.stderr }).toEqual({ code: 0, stderr: '' });
  const lines = trained.stdout.trim().split('\n');
  expect(lines[0]).toMatch(/^epoch 1\/2 {2}class \S+ {2}box \S+ {2}val class \S+ {2}val box \S+ {2}accuracy/);
  expect(lines.at(-4)).toMatch(/^best epoch \d: accuracy \d+\.\d %, mean IoU 0\.\d{3}/);
  expect(lines.slice(-3)).toEqual([
    `run     run`,
    `model   ${join('run', 'model.onnx')}`,
    `report  ${join('run', 'report.html')}`,
  ]);
  expect(trained.stdout).not.toContain('\x1b');
  for (const file of ['config.json', 'environment.json', 'metrics.jsonl', 'metrics.csv', 'model.onnx', 'report.html']) {
    expect([file, existsSync(join(folder, 'run', file))]).toEqual([file, true]);
  }
});

test('train --json: nothing but objects on stdout, the result last', async () => {
  const { code, stdout } = await counterpoise([...TINY, '--out', 'json-run', '--json'], folder);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; [field: string]: unknown });
  expect(code).toBe(0);
  expect(events.filter(({ event }) => event === 'step')).toHaveLength(8);
  expect(events[0]).toMatchObject({ event: 'step', epoch: 1, step: 1, losses: { class: expect.any(Number) } });
  expect(events.at(-1)).toMatchObject({
    event: 'result',
    run: 'json-run',
    steps: 8,
    best: { epoch: expect.any(Number) },
  });
  // The same seed and options: the same numbers, whatever the display.
  const metrics = (run: string) => readFileSync(join(folder, run, 'metrics.jsonl'), 'utf8');
  expect(metrics('json-run')).toBe(metrics('run'));
});

test('evaluate: without a folder the validation pictures of the training, with the same numbers', async () => {
  const { code, stdout, stderr } = await counterpoise(['evaluate', 'run', '--json', '--threads', '1'], folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ run: 'run', images: 6, rejected: 0 });
  const epochs = readFileSync(join(folder, 'run', 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'epoch');
  const sums = epochs.map((epoch) => epoch['metric/accuracy'] + epoch['metric/meanIou']);
  const best = epochs[sums.indexOf(Math.max(...sums))];
  for (const name of ['accuracy', 'meanIou', 'localizationAccuracy']) expect(result[name]).toBe(best[`metric/${name}`]);
  expect(result.losses).toEqual({ class: best['val/loss/class'], box: best['val/loss/box'] });

  const text = await counterpoise(['evaluate', 'run', '--threads', '1', '--report', 'evaluation.html'], folder);
  expect(readFileSync(join(folder, 'evaluation.html'), 'utf8')).toContain('<h2>Confusion matrix</h2>');
  expect(text.stdout).toMatch(/^images +6\naccuracy +\d+\.\d %\nmean IoU/);
});

test('predict: any picture file; a bad one has its line and exit code 1, the others their answer', async () => {
  const args = ['predict', 'run', 'grey.png', 'broken.jpg', 'turned.jpg', 'missing.png', '--json', '--draw', 'drawn'];
  const { code, stdout, stderr } = await counterpoise(args, folder);
  expect(code).toBe(1);
  const [grey, turned, ...rest] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rest).toEqual([]);
  expect(grey).toMatchObject({ image: 'grey.png', width: 50, height: 30, box: expect.any(Array) });
  expect(turned).toMatchObject({ image: 'turned.jpg', width: 30, height: 50, class: expect.any(String) });
  const errors = stderr.trim().split('\n');
  expect(errors).toHaveLength(2);
  expect(errors[0]).toMatch(/^error: broken\.jpg: the picture cannot be decoded/);
  expect(errors[1]).toMatch(/^error: missing\.png: /);
  const drawing = await sharp(join(folder, 'drawn', 'turned.png')).metadata();
  expect([drawing.width, drawing.height]).toEqual([32, 53]);

  const text = await counterpoise(['predict', 'run', 'grey.png'], folder);
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toMatch(/^grey\.png: \w+ \d+\.\d %, box \S+ \S+ \S+ \S+\n$/);
});

test('export writes the same model as training did', async () => {
  const { code, stdout } = await counterpoise(['export', 'run', '--out', 'copy.onnx', '--json'], folder);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ model: 'copy.onnx', imageSize: 16, classes: expect.any(Array) });
  expect(readFileSync(join(folder, 'copy.onnx')).equals(readFileSync(join(folder, 'run', 'model.onnx')))).toBe(true);
});

test('resume refuses other options than those of the run, and does nothing more on a finished one', async () => {
  const resume = (...more: string[]) =>
    counterpoise(['train', 'localize', '--resume', '--out', 'run', ...more], folder);
  for (const [option, value, had] of [
    ['--backbone', 'resnet50', 'resnet18'],
    ['--epochs', '9', '2'],
    ['--balance', 'sum', 'running-max'],
  ] as const) {
    const { code, stderr } = await resume(option, value);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      new RegExp(`^error: --resume: the run in "run" has "\\w+" "?${had}"?, got "?${value}"?: .*\n$`),
    );
  }
  const before = readFileSync(join(folder, 'run', 'metrics.jsonl'), 'utf8');
  expect(await resume('--epochs', '2', '--generated')).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(join(folder, 'run', 'metrics.jsonl'), 'utf8')).toBe(before);
});

test('a training that diverges stops with the loss and the step, and can still be evaluated', async () => {
  const diverging = [
    '--balance',
    'sum',
    '--lr',
    '1e6',
    '--warm-up',
    '0',
    '--epochs',
    '40',
    '--checkpoint-seconds',
    '0',
  ];
  const { code, stderr } = await counterpoise([...TINY, ...diverging, '--out', 'diverged'], folder);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .*(step|epoch) \d+.*\n$/);
  expect(await counterpoise(['evaluate', 'diverged'], folder)).toMatchObject({ code: 0 });
});

test('demo: two trainings of the same network, a table and a report', async () => {
  const args = [
    'demo',
    '--out',
    'demo',
    '--epochs',
    '1',
    '--generated-train',
    '32',
    '--generated-val',
    '6',
    '--threads',
    '1',
  ];
  const { code, stdout, stderr } = await counterpoise(args, folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/losses combined by +class accuracy +mean IoU +localization accuracy +class loss +box loss/);
  expect(stdout).toMatch(/\nplain sum +\d+\.\d % +0\.\d{3} +\d+\.\d %/);
  expect(stdout).toMatch(/\nrunning maximum +\d+\.\d % +0\.\d{3} +\d+\.\d %/);
  expect(stdout).toContain(`report  ${join('demo', 'report.html')}`);
  const html = readFileSync(join(folder, 'demo', 'report.html'), 'utf8');
  expect(html).toContain('running maximum');
  expect(html.match(/data:image\/jpeg/g)).toHaveLength(12);
});
