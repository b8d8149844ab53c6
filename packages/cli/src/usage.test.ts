import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allMethods } from 'counterpoise/catalog';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { counterpoise, TINY } from './command.test.helper.js';
import { runHere } from './run-here.test.helper.js';

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-cli-'));
const annotation = (name: string) =>
  `<annotation><filename>a.jpg</filename><size><width>4</width><height>4</height><depth>3</depth></size>${name}</annotation>`;

const home = process.cwd();
beforeAll(() => {
  process.chdir(folder);
  mkdirSync(join(folder, 'empty'));
  mkdirSync(join(folder, 'taken'));
  writeFileSync(join(folder, 'taken', 'notes.txt'), 'mine');
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'boxless', 'Annotations'), { recursive: true });
  mkdirSync(join(folder, 'cards', 'Annotations'), { recursive: true });
  const object =
    '<object><name>card</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></object>';
  writeFileSync(join(folder, 'cards', 'Annotations', 'a.xml'), annotation(object));
  writeFileSync(join(folder, 'boxless', 'Annotations', 'a.xml'), annotation(''));
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const train = (...more: string[]) => ['train', 'localize', ...more];

describe('a wrong command line is one line on stderr and exit code 2', () => {
  test.each([
    [['nonsense'], "unknown command 'nonsense'"],
    [train(), 'give --data DIR, or --generated'],
    [train('--data', 'x', '--generated'), '--data and --generated exclude each other'],
    [train('--generated', '--batch-size', '0'), '"batchSize" must be an integer in [1, 65536], got 0'],
    [train('--generated', '--image-size', '-5'), '"imageSize" must be an integer in [16, 2048], got -5'],
    [train('--generated', '--image-size', 'big'), "option '--image-size <pixels>' argument 'big' is invalid"],
    [train('--generated', '--backbone', 'vgg'), 'one of resnet18, resnet34, resnet50, resnet101, got "vgg"'],
    [train('--generated', '--balance', 'magic'), 'there is no method "magic"; the methods are sum, mean'],
    [train('--generated', '--balance-option', 'speed=1'), 'running-max has no option "speed"'],
    [train('--generated', '--balance-option', 'decay=7'), '"decay" must be in (0, 1]'],
    [train('--generated', '--balance', 'static'), 'static needs the option "weights"'],
    [
      train('--generated', '--balance', 'modo', '--accumulate', '2'),
      '"accumulate" must be 1 with modo, which compares',
    ],
    [
      train('--generated', '--balance', 'm-config', '--boundary', 'output'),
      '"boundary" must be parameters with m-config, which works on whole gradients, got "output"',
    ],
    [['weigh', 'grad-drop'], 'grad-drop works on whole gradients, and a line has only numbers: use "train localize"'],
    [['weigh', 'db-mtl', '--option', 'momentum=0.9'], 'db-mtl momentum=0.9 works on whole gradients, and a line'],
    [train('--generated', '--priority', 'box'), 'It must look like LOSS=1,OTHER=2, got "box"'],
    [train('--generated', '--priority', 'frame=1'), 'losses class, smooth-l1, giou, box, got "frame"'],
    [
      train('--generated', '--classes', 'circle,heart'),
      'must be of circle, square, triangle, star, cross, ring, got "heart"',
    ],
    [train('--generated', '--box-loss', 'iou'), 'one of mse, l1, smooth-l1'],
    [train('--generated', '--box-loss', 'mse,mse'), 'several different ones, got ["mse","mse"]'],
    [train('--generated', '--box-loss', 'giou', '--box-head', 'corners'), '"boxHead" must be center with the box loss'],
    [train('--generated', '--box-loss', 'l1,giou', '--priority', 'mse=1'), 'losses class, l1, giou, box, got "mse"'],
    [train('--generated', '--box-units', 'std'), '"boxUnits" std needs "standardizeTargets"'],
    [train('--generated', '--smooth-l1-beta', '-1'), '"smoothL1Beta" must be a number of 0 or more, got -1'],
    [train('--generated', '--lr', '0'), 'greater than 0'],
    [train('--generated', '--freeze', 'backbone'), '"freeze" needs "weights"'],
    [train('--generated', '--freeze-batch-norm', 'both'), 'one of none, statistics, all, got "both"'],
    [train('--generated', '--ema', '1'), 'less than 1'],
    [train('--generated', '--epochs', ''), 'must be a number'],
    [train('--data', 'cards', '--format', 'kitti'), 'one of voc, coco, yolo, csv, got "kitti"'],
    [train('--data', 'cards', '--fold', '6/5'), 'like 2/5, the second of five folds, got "6/5"'],
    [train('--data', 'cards', '--fold', '1/5', '--val-fraction', '0.1'), '"valFraction" and "fold" exclude each other'],
    [train('--generated', '--epochs', '2', '--warm-up', '2'), '"warmUp" must be less than the 2 epochs'],
    [train('--generated', '--image-size', '16', '--batch-size', '1'), '"batchSize" must be at least 2'],
    [train('--generated', '--checkpoint-seconds', 'soon'), '--checkpoint-seconds must be 0 or more, got "soon"'],
    [train('--generated', '--fast'), "unknown option '--fast'"],
    [train('--generated', '--out', 'taken'), '--out "taken" is not empty'],
    [train('--generated', '--out', 'file'), '--out "file" is a file'],
    [train('--resume'), '--resume needs --out'],
    [train('--resume', '--out', 'nowhere'), 'there is no run in "nowhere"'],
    [['evaluate'], "missing required argument 'run'"],
    [['predict', 'run'], "missing required argument 'image'"],
    [['methods', 'magic'], 'there is no method "magic"'],
    [['inspect'], "missing required argument 'dir'"],
    [
      ['inspect', 'cards', '--format', 'kitti'],
      "argument 'kitti' is invalid. Allowed choices are voc, coco, yolo, csv.",
    ],
    [['demo', '--out', 'taken'], '--out "taken" is not empty'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runHere(args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('too few pictures for a step leave no folder behind', async () => {
    const few = train('--generated', '--generated-train', '12', '--generated-val', '6', '--image-size', '16');
    expect(await runHere([...few, '--accumulate', '9', '--out', 'few'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: "accumulate" must be at most the number of batches of an epoch, got 9: an epoch of 12 pictures has 1\n',
    });
    expect(existsSync('few')).toBe(false);
  });
});

describe('a failure is one line on stderr and exit code 1', () => {
  test.each([
    [train('--data', 'nowhere'), 'nowhere: there is no such folder'],
    [train('--data', 'empty'), 'empty: the folder is empty: expected Pascal VOC'],
    [train('--data', 'cards', '--classes', 'bord'), '"classes" must be names of the data set ("card"), got "bord"'],
    [train('--data', 'boxless'), 'there are no boxes'],
    [['inspect', 'nowhere'], 'nowhere: there is no such folder'],
    [['inspect', 'cards', '--format', 'coco'], 'there are no boxes: expected a COCO file'],
    [train('--generated', '--weights', 'nowhere'), 'weights file'],
    [['evaluate', 'nowhere'], '"nowhere" is not a run folder'],
    [['predict', 'empty', 'a.png'], '"empty" is not a run folder'],
    [['export', 'file'], '"file" is not a run folder'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runHere(args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  test('an output folder that cannot be made', async () => {
    const { code, stderr } = await runHere([...TINY, '--out', join('file', 'run')]);
    expect(stderr).toMatch(/^error: [^\n]*file[^\n]*\n$/);
    expect(code).not.toBe(0);
  });
});

test('the spawned command does the same', async () => {
  const { code, stdout, stderr } = await counterpoise(['evaluate', 'nowhere'], folder);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^error: "nowhere" is not a run folder[^\n]*\n$/);
});

test('help names units and defaults', async () => {
  const { code, stdout, stderr } = await runHere(train('--help'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const text = stdout.replace(/\s+/g, ' ');
  for (const part of ['--image-size <pixels>', '(default: 64)', 'running-max', 'sgd 0.01', '224 x 224', '--resume']) {
    expect(text).toContain(part);
  }
  const top = await runHere(['--help']);
  for (const name of ['inspect', 'train', 'evaluate', 'predict', 'export', 'demo', 'methods', 'weigh'])
    expect(top.stdout).toContain(name);
  expect((await runHere(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('methods lists all by family, with what they need', async () => {
  const { stdout } = await runHere(['methods']);
  const lines = stdout.trimEnd().split('\n');
  for (const { name, needs, summary, family } of Object.values(allMethods)) {
    const own = lines.filter((line) => line.trim().split(/ +/)[0] === name);
    expect([name, own.length]).toEqual([name, 1]);
    const shown = family === 'gradients' ? 'whole gradients' : needs.length > 0 ? needs.join(', ') : 'nothing';
    expect(own[0]).toContain(shown);
    expect(own[0]).toContain(summary);
    // One column, however long the names are.
    expect(own[0]!.indexOf(summary)).toBe(lines[0]!.indexOf('what it does'));
  }
  expect(stdout.indexOf('Fixed weights')).toBeLessThan(stdout.indexOf('Running statistics'));
});

test('methods NAME explains one, with its options as the command line spells them', async () => {
  const { stdout } = await runHere(['methods', 'running-max']);
  for (const part of [
    'w_k = gamma_k / m_k',
    'discuss.pytorch.org',
    'needs       losses',
    'free of scale',
    'has a state',
  ]) {
    expect(stdout).toContain(part);
  }
  expect(stdout).toMatch(/ window +.*\(integer in \[1, inf\); unit steps; default none\)/);
  expect(stdout).toMatch(/ relative-epsilon +.*\(number in \[0, 1\]; default 0\)/);
  expect(stdout).toMatch(/ renormalise +.*\(none \| sum-k \| preserve-total; default none\)/);
  expect((await runHere(['methods', 'static'])).stdout).toMatch(
    / weights .*, or one per loss; unit 1 \/ loss; default required/,
  );
  expect((await runHere(['methods', 'sum'])).stdout).toContain('options     none');
});

test('methods --json prints the table itself', async () => {
  const all = JSON.parse((await runHere(['methods', '--json'])).stdout);
  expect(all.map(({ name }: { name: string }) => name)).toEqual(Object.keys(allMethods));
  const one = JSON.parse((await runHere(['methods', 'ema', '--json'])).stdout);
  expect(one.options.beta.range).toBe('[0, 1)');
});
