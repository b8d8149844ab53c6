import { Input } from '@counterpoise/engine';
import { Linear, Random } from '@counterpoise/nn';
import { describe, expect, test } from 'vitest';
import { interpret } from '../../engine/src/testing/interpreter.js';
import { BOX_HEADS, decodeBoxes } from './box-head.js';
import { BoxPopArt } from './box-pop-art.js';
import { BoxScale, linearCoordinates } from './box-scale.js';
import type { Box } from './dataset.js';

const random = new Random(3);
/** Around the middle of a picture, a five-hundredth to half of it large. */
const randomBox = (): Box => {
  const [cx, cy] = [0.3 + 0.4 * random.uniform(), 0.3 + 0.4 * random.uniform()];
  const [w, h] = [0.001 + 0.25 * random.uniform(), 0.001 + 0.25 * random.uniform()];
  return [cx - w, cy - h, cx + w, cy + h];
};
const batchOf = (boxes: readonly Box[]) => {
  return { boxes: Float32Array.from(boxes.flat()), boxShares: new Float32Array(boxes.length).fill(1) };
};
const linear = () => {
  const layer = new Linear(3, 4);
  for (const { data } of layer.parameters()) data.set(data.map(() => random.normal()));
  return layer;
};
const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(BOX_HEADS)('head %s', (head) => {
  const decoded = (layer: Linear, scale: BoxScale) => {
    const features = new Input('features', [2, 3]);
    const boxes = decodeBoxes(layer.forward(features), { head, standardization: scale });
    return [...interpret([boxes], new Map([[features, [1, -0.5, 0.25, 0.1, 0.2, -0.3]]]))[0]!];
  };

  test('z = (y - mean) / std stands for the box that y was made of', () => {
    const scale = new BoxScale();
    scale.mean.data.set([0.4, 0.5, 0.2, 0.3]);
    scale.std.data.set([0.1, 0.2, 0.05, 0.3]);
    for (const box of [randomBox(), randomBox(), [0.1, 0.1, 0.1 + 1e-3, 0.9] as const]) {
      const z = linearCoordinates(box, head).map((y, at) => (y - scale.mean.data[at]!) / scale.std.data[at]!);
      const raw = new Input('raw', [1, 4]);
      const back = interpret([decodeBoxes(raw, { head, standardization: scale })], new Map([[raw, z]]))[0]!;
      for (const [at, side] of box.entries()) expect(back[at]).toBeCloseTo(side, 6);
    }
  });

  test('the first boxes set mean and deviation, later ones move them and leave what the head says', () => {
    const scale = new BoxScale();
    const [layer, other] = [linear(), linear()];
    const popArt = new BoxPopArt(head, scale, [layer, other]);
    const first = Array.from({ length: 8 }, randomBox);
    const before = layer.weight.data.slice();
    popArt.observe([batchOf(first.slice(0, 4)), batchOf(first.slice(4))]);
    expect(layer.weight.data).toEqual(before);
    const rows = first.map((box) => linearCoordinates(box, head));
    for (const at of [0, 1, 2, 3]) {
      const column = rows.map((row) => row[at]!);
      const mean = average(column);
      expect(scale.mean.data[at]).toBeCloseTo(mean, 6);
      expect(scale.std.data[at]).toBeCloseTo(Math.sqrt(average(column.map((y) => (y - mean) ** 2))), 6);
    }
    const said = [layer, other].map((one) => decoded(one, scale));
    popArt.observe([
      batchOf([
        [0.9, 0.9, 0.95, 0.99],
        [0, 0, 0.01, 1],
      ]),
    ]);
    expect(layer.weight.data).not.toEqual(before);
    for (const [which, one] of [layer, other].entries()) {
      for (const [at, side] of decoded(one, scale).entries()) expect(side).toBeCloseTo(said[which]![at]!, 5);
    }
  });

  test('unknown boxes do not count', () => {
    const [scale, other] = [new BoxScale(), new BoxScale()];
    const boxes = Array.from({ length: 4 }, randomBox);
    new BoxPopArt(head, scale, []).observe([
      {
        boxes: Float32Array.from([...boxes.slice(0, 3), [0, 0, 1, 1]].flat()),
        boxShares: Float32Array.from([1, 1, 1, 0]),
      },
    ]);
    new BoxPopArt(head, other, []).observe([batchOf(boxes.slice(0, 3))]);
    expect(scale.std.data).toEqual(other.std.data);
    const none = new BoxScale();
    new BoxPopArt(head, none, []).observe([{ boxes: new Float32Array(4), boxShares: new Float32Array(1) }]);
    expect([...none.std.data]).toEqual([1, 1, 1, 1]);
  });

  test('goes on from what it saved', () => {
    const [one, two] = [new BoxScale(), new BoxScale()];
    const [first, second] = [batchOf([randomBox(), randomBox()]), batchOf([randomBox()])];
    const popArt = new BoxPopArt(head, one, []);
    popArt.observe([first]);
    const resumed = new BoxPopArt(head, two, []);
    resumed.load(JSON.parse(JSON.stringify(popArt.save())));
    for (const each of [popArt, resumed]) each.observe([second]);
    expect(two.mean.data).toEqual(one.mean.data);
    expect(two.std.data).toEqual(one.std.data);
    expect(resumed.save()).toEqual(popArt.save());
  });
});
