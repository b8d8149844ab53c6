import { compile, gradients, Input, type Results } from '@counterpoise/engine';
import { describe, expect, test } from 'vitest';
import { type BoxCoding, PLAIN_CORNERS } from './box-head.js';
import {
  BOX_LOSSES,
  FRAME,
  type LossSettings,
  lossesPerImage,
  lossMask,
  lossNames,
  prioritiesByLoss,
  priorityNames,
  trainingLosses,
} from './losses.js';

const LOGITS = [0, 0, 2, 0];
const LABELS = [1, 0];
const BOXES = [0.1, 0.2, 0.6, 0.8, 0.5, 0.5, 0.75, 0.55];
const TRUTHS = [0.1, 0.25, 0.3, 0.8, 0.5, 0.1, 0.7, 0.95];

async function run(settings: Omit<LossSettings, 'smoothL1Beta'> & { smoothL1Beta?: number }, coding = PLAIN_CORNERS) {
  const all = { smoothL1Beta: 0.1, ...settings };
  const heads = { logits: new Input('logits', [2, 2]), boxes: new Input('predicted', [2, 4]) };
  const targets = { labels: new Input('labels', [2], 'int32'), boxes: new Input('boxes', [2, 4]) };
  const program = await compile(
    [
      { name: 'mean', outputs: trainingLosses(heads, targets, all, coding) },
      { name: 'each', outputs: lossesPerImage(heads, targets, all, coding) },
    ],
    { threads: 1 },
  );
  try {
    const feeds = {
      logits: Float32Array.from(LOGITS),
      predicted: Float32Array.from(BOXES),
      labels: Int32Array.from(LABELS),
      boxes: Float32Array.from(TRUTHS),
    };
    const mean = await program.run('mean', feeds);
    const each = await program.run('each');
    const numbers = (results: Results) =>
      Object.fromEntries(Object.entries(results).map(([name, values]) => [name, [...values]]));
    return { mean: numbers(mean), each: numbers(each) };
  } finally {
    program.release();
  }
}

/** Written out from the definitions, for one coordinate that is off by `d` units. */
const DEFINITIONS = {
  mse: (d: number) => d * d,
  l1: (d: number) => Math.abs(d),
  'smooth-l1': (d: number, beta: number) => {
    const size = Math.abs(d);
    return size < beta ? size ** 2 / (2 * beta) : size - beta / 2;
  },
};
const COORDINATE_LOSSES = ['mse', 'l1', 'smooth-l1'] as const;

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length;

/** The same to 5 digits, whatever the unit. */
function expectRatio(values: readonly number[] | undefined, truths: readonly number[]): void {
  expect(values).toHaveLength(truths.length);
  for (const [at, truth] of truths.entries()) expect(Math.abs(values![at]! / truth - 1)).toBeLessThan(1e-5);
}

/** What the means and the losses of the two pictures must be, from the losses of their coordinates. */
function expectLosses({ mean, each }: Awaited<ReturnType<typeof run>>, errors: readonly number[]): void {
  const perImage = [average(errors.slice(0, 4)), average(errors.slice(4))];
  expectRatio(each.box, perImage);
  expectRatio(mean.box, [average(perImage)]);
}

const CASES = COORDINATE_LOSSES.flatMap((loss) =>
  (['pixels', 'unit'] as const).flatMap((units) => [0.1, 0.25].map((beta) => ({ loss, units, beta }))),
);
test.each(CASES)('$loss in $units, beta $beta of the picture', async ({ loss, units, beta }) => {
  const scale = units === 'pixels' ? 224 : 1;
  const errors = BOXES.map((side, at) => DEFINITIONS[loss]((side - TRUTHS[at]!) * scale, beta * scale));
  expectLosses(await run({ boxLosses: [loss], boxUnits: units, smoothL1Beta: beta }), errors);
});

describe('in standard deviations of the coordinates of the head', () => {
  const std = [0.1, 0.2, 0.05, 0.4];
  const toCenter = ([x1, y1, x2, y2]: number[]) => [(x1! + x2!) / 2, (y1! + y2!) / 2, x2! - x1!, y2! - y1!];
  const inCenter = (boxes: number[]) => [...toCenter(boxes.slice(0, 4)), ...toCenter(boxes.slice(4))];

  test.each(COORDINATE_LOSSES.flatMap((loss) => (['corners', 'center'] as const).map((head) => ({ loss, head }))))(
    '$loss, $head',
    async ({ loss, head }) => {
      const coding: BoxCoding = { head, standardization: { mean: [0.5, 0.5, 0.5, 0.5], std } };
      const [boxes, truths] = head === 'center' ? [inCenter(BOXES), inCenter(TRUTHS)] : [BOXES, TRUTHS];
      // Each z is (coordinate - mean) / std; the means cancel.
      const errors = boxes.map((side, at) =>
        DEFINITIONS[loss]((side - truths[at]!) / std[at % 4]!, 0.1 / std[at % 4]!),
      );
      expectLosses(await run({ boxLosses: [loss], boxUnits: 'std' }, coding), errors);
    },
  );

  test('without any there is none', async () => {
    await expect(run({ boxLosses: ['mse'], boxUnits: 'std' })).rejects.toThrow('internal: box losses in "std"');
  });
});

test('one box loss is called box, several have their own names, and the same values', async () => {
  expect(lossNames(['giou'])).toEqual(['class', 'box']);
  expect(lossNames(['smooth-l1', 'giou'])).toEqual(['class', 'smooth-l1', 'giou']);
  const together = await run({ boxLosses: BOX_LOSSES, boxUnits: 'pixels' });
  expect(Object.keys(together.mean)).toEqual(['class', 'mse', 'l1', 'smooth-l1', 'giou', 'diou', 'ciou']);
  expect(Object.keys(together.each)).toEqual(Object.keys(together.mean));
  for (const loss of BOX_LOSSES) {
    const alone = await run({ boxLosses: [loss], boxUnits: 'pixels' });
    expect(alone.each.box).toEqual(together.each[loss]);
    expect(alone.mean.box).toEqual(together.mean[loss]);
    expectRatio(alone.mean.box, [average(alone.each.box!)]);
  }
});

test('the class loss is the cross-entropy, and the frame is 224 pixels', async () => {
  const { mean, each } = await run({ boxLosses: ['mse'], boxUnits: 'pixels' });
  const expected = [Math.log(2), Math.log(1 + Math.exp(-2))];
  expectRatio(each.class, expected);
  expectRatio(mean.class, [average(expected)]);
  expect(FRAME).toBe(224);
});

test('the priority of the box is that of every box loss, and its own goes before', () => {
  expect(prioritiesByLoss({ box: 2, class: 3 }, ['mse'])).toEqual({ box: 2, class: 3 });
  expect(prioritiesByLoss({ box: 2 }, ['smooth-l1', 'giou'])).toEqual({ 'smooth-l1': 2, giou: 2 });
  expect(prioritiesByLoss({ box: 2, giou: 5 }, ['smooth-l1', 'giou'])).toEqual({ 'smooth-l1': 2, giou: 5 });
  expect(prioritiesByLoss({ class: 0 }, ['smooth-l1', 'giou'])).toEqual({ class: 0 });
  expect(priorityNames(['l1', 'ciou'])).toEqual(['class', 'l1', 'ciou', 'box']);
});

describe('pictures of which the class or the box is not known', () => {
  const SETTINGS = { boxLosses: BOX_LOSSES, boxUnits: 'pixels', smoothL1Beta: 0.1 } as const;

  async function partly(classShares: readonly number[], boxShares: readonly number[], boxes = TRUTHS) {
    const heads = { logits: new Input('logits', [2, 2]), boxes: new Input('predicted', [2, 4]) };
    const targets = { labels: new Input('labels', [2], 'int32'), boxes: new Input('boxes', [2, 4]) };
    const shares = { classShares: new Input('classShares', [2]), boxShares: new Input('boxShares', [2]) };
    const losses = trainingLosses(heads, targets, SETTINGS, PLAIN_CORNERS, shares);
    const found = Object.entries(losses).map(([name, loss]) => {
      const [gradient] = gradients(loss, [name === 'class' ? heads.logits : heads.boxes]);
      return [`d${name}`, gradient!] as const;
    });
    const program = await compile([{ name: 'run', outputs: { ...losses, ...Object.fromEntries(found) } }], {
      threads: 1,
    });
    try {
      const results = await program.run('run', {
        logits: Float32Array.from(LOGITS),
        predicted: Float32Array.from(BOXES),
        labels: Int32Array.from(LABELS),
        boxes: Float32Array.from(boxes),
        classShares: Float32Array.from(classShares),
        boxShares: Float32Array.from(boxShares),
      });
      return Object.fromEntries(Object.entries(results).map(([name, values]) => [name, [...values]]));
    } finally {
      program.release();
    }
  }

  test('the losses are those of the pictures that have it, and the gradients of the others exactly 0', async () => {
    // In place of an unknown box there is the whole picture.
    const some = await partly([0, 1], [1, 0], [...TRUTHS.slice(0, 4), 0, 0, 1, 1]);
    const { each } = await run(SETTINGS);
    expect(some.class![0]).toBe(each.class![1]);
    expect(some.dclass!.slice(0, 2).map(Math.abs)).toEqual([0, 0]);
    expect(some.dclass!.slice(2).every((value) => value !== 0)).toBe(true);
    for (const loss of BOX_LOSSES) {
      expect(some[loss]![0]).toBe(each[loss]![0]);
      expect(some[`d${loss}`]!.slice(4).map(Math.abs)).toEqual([0, 0, 0, 0]);
      expect(some[`d${loss}`]!.slice(0, 4).some((value) => value !== 0)).toBe(true);
    }
  });

  test('with equal shares they are the means, and a batch without any gives losses of 0', async () => {
    const { mean } = await run(SETTINGS);
    const [all, none] = [await partly([0.5, 0.5], [0.5, 0.5]), await partly([0, 0], [0, 0])];
    for (const name of lossNames(BOX_LOSSES)) {
      expect(all[name]![0]! / mean[name]![0]!).toBeCloseTo(1, 6);
      expect(none[name]).toEqual([0]);
      expect(none[`d${name}`]!.every((value) => value === 0)).toBe(true);
    }
  });

  test('all box losses are absent together', () => {
    expect(lossMask(['mse', 'giou'], { class: true, box: false })).toEqual({ class: true, mse: false, giou: false });
    expect(lossMask(['mse'], { class: false, box: true })).toEqual({ class: false, box: true });
  });
});
