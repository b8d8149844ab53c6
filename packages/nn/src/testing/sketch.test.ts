import { describe, expect, it } from 'vitest';
import { hashFill, hashParameter } from './hash-fill.js';
import { decodeSketch, relativeError, sketch } from './sketch.js';

const encode = (values: Float64Array) => Buffer.from(Float32Array.from(values).buffer).toString('base64');
const norm = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));

describe('sketch', () => {
  // Printed by tools/goldens/sketch.py.
  it('is the sketch of the Python maker', () => {
    const sums = sketch(hashFill('s', 1000));
    expect([sums[0], sums[1], sums[63]]).toEqual([-1.2188105583190918, -3.721682548522949, 1.2178692817687988]);
    const weights = sketch(hashParameter('backbone.layer4.0.conv2.weight', [512, 512, 3, 3]));
    const text = '6xpvwEiunkABm2Q/qlkhv9xpKr+vDx9BFunZwO6Vg0BI1de/W20rwAB5779HvhBAgG0uQe40EryiPH/AjwHRQE+j6T8=';
    decodeSketch(text).forEach((value, i) => {
      expect(Math.abs(weights[i]! / value - 1)).toBeLessThan(1e-6);
    });
  });

  it('keeps small tensors whole', () => {
    const values = hashFill('small', 64);
    expect([...sketch(values)]).toEqual([...values]);
  });

  it('estimates distances of tensors without bias and within 9 % on average', () => {
    const truth = hashFill('truth', 5000);
    const golden = { sketch: encode(sketch(truth)), norm: norm(truth) };
    const ratios = Array.from({ length: 200 }, (_, trial) => {
      const error = hashFill(`error ${trial}`, truth.length, 1e-3);
      const ours = Float64Array.from(truth, (value, i) => value + error[i]!);
      return relativeError(ours, golden) / (norm(error) / golden.norm);
    });
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    const deviation = Math.sqrt(ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / ratios.length);
    expect(Math.abs(mean - 1)).toBeLessThan(0.03);
    expect(deviation).toBeLessThan(0.12);
  });

  it('sees one wrong entry, and two exchanged ones', () => {
    const truth = hashFill('truth', 5000);
    const golden = { sketch: encode(sketch(truth)), norm: norm(truth) };
    expect(relativeError(truth, golden)).toBeLessThan(1e-7);
    const wrong = truth.slice();
    wrong[77] = wrong[77]! + 0.5;
    expect(relativeError(wrong, golden)).toBeCloseTo(0.5 / golden.norm, 6);
    const exchanged = truth.slice();
    [exchanged[1], exchanged[2]] = [exchanged[2]!, exchanged[1]!];
    expect(relativeError(exchanged, golden)).toBeGreaterThan(1e-4);
  });

  it('refuses a sketch of another size, and text that is no sketch', () => {
    const golden = { sketch: encode(sketch(hashFill('a', 10))), norm: 1 };
    expect(() => relativeError(hashFill('a', 11), golden)).toThrow(
      'a tensor of 11 entries has a sketch of 11 numbers, got 10',
    );
    expect(() => relativeError(hashFill('a', 10), { ...golden, norm: 0 })).toThrow('"norm" must be above 0, got 0');
    expect(() => decodeSketch('AAA=')).toThrow('a sketch must be 1 to 64 float32 numbers in base64, got 2 bytes');
    expect(() => decodeSketch('')).toThrow('got 0 bytes');
  });
});
