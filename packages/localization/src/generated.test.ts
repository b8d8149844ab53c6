import { Random } from '@counterpoise/nn';
import { describe, expect, it } from 'vitest';
import { unitBox } from './dataset.js';
import { type GeneratedOptions, generatedDataset } from './generated.js';
import { iou } from './metrics.js';
import { renderScene } from './render.js';
import { drawScene } from './scene.js';
import { bounds, SHAPE_NAMES } from './shapes.js';

const make = (options: Partial<GeneratedOptions> = {}) => generatedDataset({ train: 60, val: 12, ...options });

describe('generatedDataset', () => {
  it('has balanced classes and boxes of varied size, inside the frame', () => {
    const { train, val } = make({ train: 600 });
    expect(train.classes).toEqual(['circle', 'square', 'triangle', 'star', 'cross', 'ring']);
    expect(val.items).toHaveLength(12);
    expect(new Set(train.items.map(({ id }) => id)).size).toBe(600);
    for (const { box, width, height, label, className } of train.items) {
      expect([width, height, className]).toEqual([640, 640, train.classes[label]]);
      expect(box[0]).toBeGreaterThan(0);
      expect(box[1]).toBeGreaterThan(0);
      expect(box[2]).toBeLessThan(640);
      expect(box[3]).toBeLessThan(640);
      expect(Math.min(box[2] - box[0], box[3] - box[1])).toBeGreaterThan(0.1 * 640);
    }
    for (let label = 0; label < 6; label++)
      expect(train.items.filter((item) => item.label === label)).toHaveLength(100);
  });

  it('is no task for a guess: the mean box overlaps little, and its squared error in pixels is large', () => {
    const { items } = make({ train: 600 }).train;
    const mean = [0, 1, 2, 3].map((at) => items.reduce((sum, { box }) => sum + box[at]!, 0) / items.length);
    const overlap = items.reduce((sum, { box }) => sum + iou(box, mean), 0) / items.length;
    expect(overlap).toBeLessThan(0.4);
    const squares = (guess: number[]) =>
      items.reduce((sum, { box }) => sum + box.reduce((part, value, at) => part + (value - guess[at]!) ** 2, 0), 0);
    expect(squares([0, 0, 0, 0]) / items.length / 4).toBeGreaterThan(1e5);
    expect(squares(mean) / items.length / 4).toBeGreaterThan(1e4);
  });

  it('depends on (seed, set, index) only', async () => {
    const small = make({ train: 10 });
    const large = make({ train: 50 });
    expect(large.train.items.slice(0, 10)).toEqual(small.train.items);
    expect(await large.train.load(7, 32)).toEqual(await small.train.load(7, 32));
    expect(make({ seed: 1 }).train.items[7]!.box).not.toEqual(small.train.items[7]!.box);
    expect(small.val.items[7]!.box).not.toEqual(small.train.items[7]!.box);
    // Later pictures and other sizes, asked for before, change nothing.
    const other = make({ train: 10, cacheBytes: 0 });
    await other.train.load(9, 32);
    await other.train.load(7, 48);
    expect(await other.train.load(7, 32)).toEqual(await small.train.load(7, 32));
  });

  it('tells the same boxes in any frame', () => {
    const [wide, narrow] = [make({ frame: 1000 }).train.items[3]!, make({ frame: 100 }).train.items[3]!];
    unitBox(wide).forEach((value, at) => {
      expect(value).toBeCloseTo(unitBox(narrow)[at]!, 12);
    });
  });

  it('draws only the classes asked for, in their order', () => {
    const { train } = make({ classes: ['ring', 'circle'] });
    expect(train.classes).toEqual(['ring', 'circle']);
    expect(train.items.slice(0, 3).map(({ className }) => className)).toEqual(['ring', 'circle', 'ring']);
  });

  it('names an impossible option', async () => {
    expect(() => make({ train: 0 })).toThrow('"train" must be an integer of at least 1, got 0');
    expect(() => make({ val: 1.5 })).toThrow('"val" must be an integer of at least 1, got 1.5');
    expect(() => make({ frame: 0 })).toThrow(/"frame"/);
    expect(() => make({ classes: [] })).toThrow(/"classes" must name at least one/);
    expect(() => make({ classes: ['circle', 'heart'] })).toThrow(
      '"classes" must be of circle, square, triangle, star, cross, ring, got "heart"',
    );
    expect(() => make({ classes: ['ring', 'ring'] })).toThrow(/"ring" twice/);
    await expect(make().train.load(60, 8)).rejects.toThrow('"index" must be an integer in [0, 60), got 60');
    await expect(make().train.load(0, 0)).rejects.toThrow(/"size"/);
  });
});

describe('scenes', () => {
  it('change inside the box of the shape and nowhere else when the shape is left out', () => {
    for (const [index, name] of SHAPE_NAMES.entries()) {
      const scene = drawScene(new Random(index), name);
      const layers = scene.layers.filter(({ contours }) => bounds(contours).join() !== scene.box.join());
      expect(layers).toHaveLength(scene.layers.length - 1);
      const size = 96;
      const [whole, without] = [renderScene(scene, size), renderScene({ ...scene, layers }, size)];
      const [x1, y1, x2, y2] = scene.box.map((value) => value * size);
      let changed = 0;
      for (let at = 0; at < whole.length; at += 3) {
        if (whole[at] === without[at] && whole[at + 1] === without[at + 1] && whole[at + 2] === without[at + 2])
          continue;
        changed++;
        const [x, y] = [(at / 3) % size, Math.floor(at / 3 / size)];
        expect(x + 1 > x1! && x < x2! && y + 1 > y1! && y < y2!).toBe(true);
      }
      expect(changed).toBeGreaterThan(0.15 * (x2! - x1!) * (y2! - y1!));
    }
  });

  it('look the same at every size', () => {
    const scene = { ...drawScene(new Random(4), 'star'), grain: 0 };
    const [small, large] = [renderScene(scene, 32), renderScene(scene, 128)];
    let difference = 0;
    for (let at = 0; at < small.length; at++) {
      const [channel, x, y] = [at % 3, Math.floor(at / 3) % 32, Math.floor(at / 96)];
      let sum = 0;
      for (let part = 0; part < 16; part++) {
        sum += large[((y * 4 + (part >> 2)) * 128 + x * 4 + (part & 3)) * 3 + channel]!;
      }
      difference += Math.abs(small[at]! - sum / 16);
    }
    expect(difference / small.length).toBeLessThan(4);
  });
});
