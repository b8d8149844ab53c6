import { compile, Input } from '@counterpoise/engine';
import { expect, test } from 'vitest';
import { BOX_LOSSES, BOX_UNITS, FRAME, type LossSettings, lossesPerImage, trainingLosses } from './losses.js';

const LOGITS = [0, 0, 2, 0];
const LABELS = [1, 0];
const BOXES = [0.1, 0.2, 0.6, 0.8, 0.5, 0.5, 0.5, 0.5];
const TRUTHS = [0.1, 0.25, 0.3, 0.8, 0.5, 0.9, 0.5, 0.45];

async function run(settings: LossSettings) {
  const heads = { logits: new Input('logits', [2, 2]), boxes: new Input('predicted', [2, 4]) };
  const targets = { labels: new Input('labels', [2], 'int32'), boxes: new Input('boxes', [2, 4]) };
  const program = await compile(
    [
      { name: 'mean', outputs: trainingLosses(heads, targets, settings) },
      { name: 'each', outputs: lossesPerImage(heads, targets, settings) },
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
    return { class: mean.class![0]!, box: mean.box![0]!, classes: [...each.class!], boxes: [...each.box!] };
  } finally {
    program.release();
  }
}

/** Written out from the definitions, for one coordinate that is off by `d`. */
const DEFINITIONS = {
  mse: (d: number) => d * d,
  l1: (d: number) => Math.abs(d),
  'smooth-l1': (d: number, scale: number) => {
    const [size, beta] = [Math.abs(d), 0.1 * scale];
    return size < beta ? size ** 2 / (2 * beta) : size - beta / 2;
  },
};

const CASES = BOX_LOSSES.flatMap((boxLoss) => BOX_UNITS.map((boxUnits) => ({ boxLoss, boxUnits })));
test.each(CASES)('box loss $boxLoss in $boxUnits', async ({ boxLoss, boxUnits }) => {
  const scale = boxUnits === 'pixels' ? 224 : 1;
  const result = await run({ boxLoss, boxUnits });
  const errors = BOXES.map((value, at) => DEFINITIONS[boxLoss]((value - TRUTHS[at]!) * scale, scale));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value) / values.length;
  const relative = (value: number, truth: number) => Math.abs(value / truth - 1);
  expect(relative(result.box, mean(errors))).toBeLessThan(1e-5);
  expect(relative(result.boxes[0]!, mean(errors.slice(0, 4)))).toBeLessThan(1e-5);
  expect(relative(result.boxes[1]!, mean(errors.slice(4)))).toBeLessThan(1e-5);
});

test('the class loss is the cross-entropy, and the frame is 224 pixels', async () => {
  const result = await run({ boxLoss: 'mse', boxUnits: 'pixels' });
  const expected = [Math.log(2), Math.log(1 + Math.exp(-2))];
  expect(result.classes[0]).toBeCloseTo(expected[0]!, 6);
  expect(result.classes[1]).toBeCloseTo(expected[1]!, 6);
  expect(result.class).toBeCloseTo((expected[0]! + expected[1]!) / 2, 6);
  expect(FRAME).toBe(224);
});
