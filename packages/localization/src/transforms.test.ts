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

it('blurs before the colours and erases after them, in the flipped picture', () => {
  const size = 8;
  const pixels = Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 37) % 256);
  const write = (transform: Partial<typeof NO_TRANSFORM>) => {
    const out = new Float32Array(3 * size * size);
    writeImage(pixels, size, { ...NO_TRANSFORM, ...transform }, IMAGENET_NORMALIZATION, out, 0);
    return out;
  };
  const erasure = { left: 0, top: 0.25, width: 0.5, height: 0.5 };
  const [plain, erased] = [write({ flip: true }), write({ flip: true, erasure })];
  erased.forEach((value, at) => {
    const [x, y] = [at % size, Math.floor(at / size) % size];
    expect(value).toBe(x < 4 && y >= 2 && y < 6 ? 0 : plain[at]);
  });
  const spread = (values: Float32Array) => Math.max(...values) - Math.min(...values);
  expect(spread(write({ blur: 0.1 }))).toBeLessThan(0.8 * spread(write({})));
});

const BOX = [0.4, 0.4, 0.6, 0.7] as const;

describe('drawTransform', () => {
  it('stays in its ranges and flips as often as asked', () => {
    const random = new Random(5);
    let flips = 0;
    for (let draw = 0; draw < 2000; draw++) {
      const transform = drawTransform(random, { ...DEFAULT_AUGMENTATION, horizontalFlip: 0.25 }, BOX, 1);
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
    const all = drawTransform(new Random(1), DEFAULT_AUGMENTATION, BOX, 1);
    const some = drawTransform(new Random(1), { ...DEFAULT_AUGMENTATION, contrast: 0 }, BOX, 1);
    expect(some).toEqual({ ...all, contrast: 1 });
  });

  it('leaves flip, colours and crop as they were when blur and erasing are switched on', () => {
    const few = drawTransform(new Random(1), DEFAULT_AUGMENTATION, BOX, 1);
    const all = drawTransform(new Random(1), { ...DEFAULT_AUGMENTATION, blur: 0.05, erase: 1 }, BOX, 1);
    expect(all).toEqual({ ...few, blur: all.blur, erasure: all.erasure });
    expect(all.blur).toBeGreaterThan(0);
    expect(few).toMatchObject({ rotation: null, blur: 0, erasure: null });
  });

  it('turns within the angle asked for, both ways, and crops round the turned object', () => {
    const angles = Array.from({ length: 300 }, (_, seed) => {
      const transform = drawTransform(new Random(seed), { ...DEFAULT_AUGMENTATION, rotate: 30 }, BOX, 1.5);
      const [x1, y1, x2, y2] = transformBox(BOX, transform);
      expect(0 <= x1 && x1 < x2 && x2 <= 1 && 0 <= y1 && y1 < y2 && y2 <= 1).toBe(true);
      return ((transform.rotation?.angle ?? 0) * 180) / Math.PI;
    });
    expect(Math.min(...angles)).toBeGreaterThanOrEqual(-30);
    expect(Math.min(...angles)).toBeLessThan(-28);
    expect(Math.max(...angles)).toBeGreaterThan(28);
    expect(Math.max(...angles)).toBeLessThanOrEqual(30);
  });

  it('does not turn an object out of the picture', () => {
    for (let seed = 0; seed < 200; seed++) {
      const corner = [0, 0, 0.05, 0.05] as const;
      const transform = drawTransform(new Random(seed), { ...DEFAULT_AUGMENTATION, rotate: 45 }, corner, 1);
      const [x1, y1, x2, y2] = transformBox(corner, { ...transform, crop: NO_TRANSFORM.crop });
      expect((x2 - x1) * (y2 - y1)).toBeGreaterThan(0.5 * 0.05 ** 2);
    }
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
    expect(() => checkAugmentation({ ...DEFAULT_AUGMENTATION, rotate: 46 })).toThrow(
      '"augmentation.rotate" must be in [0, 45], got 46',
    );
    expect(() => checkAugmentation({ ...DEFAULT_AUGMENTATION, crop: 0 })).toThrow(
      '"augmentation.crop" must be in (0, 1], got 0',
    );
  });
});
