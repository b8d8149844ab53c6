import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fnv1a, hash, hashFill, hashIntegers, hashParameter } from './hash-fill.js';

// The numbers of this file were printed by tools/goldens/hash_fill.py, FNV-1a's are those of its authors.
describe('hash fill', () => {
  it('is FNV-1a over UTF-8 bytes', () => {
    expect(['', 'a', 'foobar', 'größe'].map(fnv1a)).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968, 0xcd38f49a]);
  });

  it('hashes an index as the Python maker does', () => {
    const seed = fnv1a('layer1.0.conv1.weight');
    expect([0, 1, 2, 3].map((i) => hash(seed, i))).toEqual([1733895202, 4256138445, 932844030, 873441347]);
  });

  it('fills with the same float32 numbers', () => {
    expect([...hashFill('x', 4, 0.1, 1)]).toEqual([
      0.937002420425415, 0.9658291935920715, 0.9171263575553894, 0.9457024931907654,
    ]);
    expect([...hashIntegers('l', 8, 10)]).toEqual([0, 6, 4, 3, 5, 7, 2, 1]);
  });

  it('gives every kind of parameter its rule', () => {
    const ends = (key: string, shape: number[]) => {
      const values = hashParameter(key, shape);
      return [values[0], values[values.length - 1]];
    };
    expect(ends('backbone.conv1.weight', [64, 3, 7, 7])).toEqual([0.019210701808333397, -0.020787499845027924]);
    expect(ends('backbone.bn1.weight', [64])).toEqual([0.9667169451713562, 1.0933926105499268]);
    expect(ends('backbone.layer1.0.bn2.weight', [64])).toEqual([0.32072776556015015, 0.2833980321884155]);
    expect(ends('backbone.layer1.0.bn2.bias', [64])).toEqual([-0.029199950397014618, -0.010877955704927444]);
    expect(ends('backbone.layer2.0.downsample.1.bias', [128])).toEqual([0.01981908082962036, -0.0056788804940879345]);
    expect(ends('backbone.bn1.running_mean', [64])).toEqual([0, 0]);
    expect(ends('backbone.bn1.running_var', [64])).toEqual([1, 1]);
  });

  it('takes each channel of a bias from the key of its digit', () => {
    expect([...hashParameter('backbone.bn1.bias', [4], '3429')]).toEqual([
      0.030661284923553467, -0.023586774244904518, 0.05793098360300064, 0.007250321097671986,
    ]);
    for (const choices of ['342', '34291', '34x9']) {
      expect(() => hashParameter('bn1.bias', [4], choices)).toThrow(
        `"choices" of "bn1.bias" must be 4 digits, got "${choices}"`,
      );
    }
  });

  it('agrees with Python in every bit of 2.4 million weights', () => {
    const weights = hashParameter('backbone.layer4.0.conv2.weight', [512, 512, 3, 3]);
    expect(createHash('sha256').update(new Uint8Array(weights.buffer)).digest('hex')).toBe(
      '6bbb8d1d31f234b0942c685326c338f914b0e9b4e4f75671277b8297e92f714d',
    );
  });

  it('is uniform in [-1, 1)', () => {
    const values = hashFill('uniform', 100_000);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(square - 1 / 3)).toBeLessThan(0.005);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1);
  });

  it('refuses sizes and shapes that cannot be', () => {
    expect(() => hashFill('x', 1.5)).toThrow('"count" must be an integer of at least 0, got 1.5');
    expect(() => hashIntegers('x', 4, 0)).toThrow('"bound" must be an integer of at least 1, got 0');
    expect(() => hashParameter('a.weight', [2, 3, 4])).toThrow(
      '"shape" of "a.weight" must have rank 1, 2 or 4, got [2, 3, 4]',
    );
  });
});
