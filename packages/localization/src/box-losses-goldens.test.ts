/** Every box loss against PyTorch and torchvision.ops in float64; `tools/README.md` tells how the goldens were made. */
import { readFileSync } from 'node:fs';
import { gradients, Input, sum } from '@counterpoise/engine';
import { describe, expect, test } from 'vitest';
import { relativeError } from '../../engine/src/testing/finite-differences.js';
import { interpret } from '../../engine/src/testing/interpreter.js';
import { runOnRuntime } from '../../engine/src/testing/on-runtime.js';
import { PLAIN_CORNERS } from './box-head.js';
import { BOX_LOSSES, type BoxLoss, lossesPerImage } from './losses.js';

interface Goldens {
  /** One per pair of boxes. */
  readonly names: readonly string[];
  /** Four corners per pair, in units of the picture. */
  readonly predicted: readonly number[];
  readonly truths: readonly number[];
  readonly losses: Readonly<
    Record<string, { readonly values: readonly number[]; readonly gradients: readonly number[] }>
  >;
}

const goldens: Goldens = JSON.parse(readFileSync(new URL('../goldens/box-losses.json', import.meta.url), 'utf8'));
const pairs = goldens.names.length;

function graphOf(loss: BoxLoss) {
  const heads = { logits: new Input('logits', [pairs, 1]), boxes: new Input('predicted', [pairs, 4]) };
  const targets = { labels: new Input('labels', [pairs], 'int32'), boxes: new Input('truths', [pairs, 4]) };
  const settings = { boxLosses: [loss], boxUnits: 'unit', smoothL1Beta: 0.1 } as const;
  const { box } = lossesPerImage(heads, targets, settings, PLAIN_CORNERS);
  const [slopes] = gradients(sum(box!), [heads.boxes]);
  const feeds = new Map([
    [heads.boxes, goldens.predicted],
    [targets.boxes, goldens.truths],
  ]);
  return { targets: [box!, slopes!], feeds };
}

test('the file has every loss', () => {
  expect(Object.keys(goldens.losses)).toEqual([...BOX_LOSSES]);
});

describe.each(BOX_LOSSES)('%s', (loss) => {
  const { targets, feeds } = graphOf(loss);
  const truth = goldens.losses[loss]!;
  const of = (values: ArrayLike<number>, at: number, size: number) =>
    Array.from(values).slice(at * size, (at + 1) * size);

  // 1e-6: the graph's constants are float32, the file has nine digits. Where a slope is 0 it must be 0.
  test.each(goldens.names.map((name, at) => ({ name, at })))('$name', ({ at }) => {
    const [values, slopes] = interpret(targets, feeds);
    expect(Math.abs(values![at]! - truth.values[at]!)).toBeLessThan(1e-6);
    expect(relativeError(of(slopes!, at, 4), of(truth.gradients, at, 4))).toBeLessThan(1e-6);
  });

  test('in float32 on the runtime', async () => {
    const [values, slopes] = await runOnRuntime(targets, feeds);
    expect(relativeError(values!, truth.values)).toBeLessThan(1e-5);
    expect(relativeError(slopes!, truth.gradients)).toBeLessThan(1e-5);
  });
});
