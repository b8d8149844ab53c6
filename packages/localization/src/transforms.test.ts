import { Random } from '@counterpoise/nn';
import { describe, expect, it } from 'vitest';
import {
  checkAugmentation,
  DEFAULT_AUGMENTATION,
  drawTransform,
  IMAGENET_NORMALIZATION,
  NO_TRANSFORM,
  transformBox,
  writeImage,
} from './transforms.js';

const RAW = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] } as const;
// Two by two: red, green / blue, grey.
const PIXELS = Uint8Array.from([200, 0, 0, 0, 100, 0, 0, 0, 50, 80, 80, 80]);

function written(
  transform: Partial<typeof NO_TRANSFORM>,
  normalization: typeof IMAGENET_NORMALIZATION = RAW,
): number[] {
  const out = new Float32Array(14).fill(-9);
  writeImage(PIXELS, 2, { ...NO_TRANSFORM, ...transform }, normalization, out, 1);
  expect([out[0], out[13]]).toEqual([-9, -9]);
  return [...out.subarray(1, 13)];
}

function near(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, at) => {
    expect(value).toBeCloseTo(expected[at]!, 3);
  });
}

describe('writeImage', () => {
  it('lays channels out as planes', () => near(written({}), [200, 0, 0, 80, 0, 100, 0, 80, 0, 0, 50, 80]));

  it('flips left and right', () => near(written({ flip: true }), [0, 200, 80, 0, 100, 0, 80, 0, 0, 0, 80, 50]));

  it('normalises with ImageNet numbers', () => {
    const values = written({}, IMAGENET_NORMALIZATION);
    expect(values[0]).toBeCloseTo((200 / 255 - 0.485) / 0.229, 5);
    expect(values[5]).toBeCloseTo((100 / 255 - 0.456) / 0.224, 5);
    expect(values[10]).toBeCloseTo((50 / 255 - 0.406) / 0.225, 5);
  });

  it('multiplies for brightness, up to white', () => {
    near(written({ brightness: 1.5 }), [255, 0, 0, 120, 0, 150, 0, 120, 0, 0, 75, 120]);
  });

  it('blends with the mean grey for contrast', () => {
    const mean = (0.299 * 200 + 0.587 * 100 + 0.114 * 50 + 80) / 4;
    const blend = (value: number) => 0.5 * value + 0.5 * mean;
    near(written({ contrast: 0.5 }), [200, 0, 0, 80, 0, 100, 0, 80, 0, 0, 50, 80].map(blend));
  });

  it('blends with the pixel grey for saturation: 0 leaves grey', () => {
    const greys = [59.8, 58.7, 5.7, 80];
    near(written({ saturation: 0 }), [...greys, ...greys, ...greys]);
  });
});

const BOX = [0.4, 0.4, 0.6, 0.7] as const;

describe('drawTransform', () => {
  it('stays in its ranges and flips as often as asked', () => {
    const random = new Random(5);
    let flips = 0;
    for (let draw = 0; draw < 2000; draw++) {
      const transform = drawTransform(random, { ...DEFAULT_AUGMENTATION, horizontalFlip: 0.25 }, BOX);
      if (transform.flip) flips++;
      for (const field of ['brightness', 'contrast', 'saturation'] as const) {
        expect(transform[field]).toBeGreaterThanOrEqual(0.8);
        expect(transform[field]).toBeLessThanOrEqual(1.2);
      }
    }
    expect(flips).toBeGreaterThan(430);
    expect(flips).toBeLessThan(570);
  });

  it('draws the same for the others when one is switched off', () => {
    const all = drawTransform(new Random(1), DEFAULT_AUGMENTATION, BOX);
    const some = drawTransform(new Random(1), { ...DEFAULT_AUGMENTATION, contrast: 0 }, BOX);
    expect(some).toEqual({ ...all, contrast: 1 });
  });

  it('flips boxes', () => {
    expect(transformBox([0.25, 0.1, 0.5, 0.75], { ...NO_TRANSFORM, flip: true })).toEqual([0.5, 0.1, 0.75, 0.75]);
    expect(transformBox([0.25, 0.1, 0.5, 0.75], NO_TRANSFORM)).toEqual([0.25, 0.1, 0.5, 0.75]);
  });

  it('names a field out of range', () => {
    expect(() => checkAugmentation({ ...DEFAULT_AUGMENTATION, contrast: 1.5 })).toThrow(
      '"augmentation.contrast" must be in [0, 1], got 1.5',
    );
    expect(() => checkAugmentation({ ...DEFAULT_AUGMENTATION, horizontalFlip: Number.NaN })).toThrow(/horizontalFlip/);
    expect(() => checkAugmentation({ ...DEFAULT_AUGMENTATION, crop: 0 })).toThrow(
      '"augmentation.crop" must be in (0, 1], got 0',
    );
  });
});
