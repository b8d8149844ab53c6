import type { HostTensor } from '@counterpoise/nn';
import { expect, test } from 'vitest';
import { firstNonFinite, requireFiniteLosses } from './finite.js';

const float32 = (...values: number[]): HostTensor => ({
  dtype: 'F32',
  shape: [values.length],
  data: Float32Array.from(values),
});

test('finds the first tensor with a NaN or an infinity', () => {
  const good = float32(1, -2, 3.4e38, 1e-45, -3.4e38, 0);
  const count: HostTensor = { dtype: 'I64', shape: [1], data: BigInt64Array.of(3n) };
  expect(firstNonFinite(new Map([['a', good]]))).toBeUndefined();
  expect(firstNonFinite(new Map([['empty', float32()]]))).toBeUndefined();
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const tensors = new Map([
      ['a', good],
      ['n', count],
      ['b', float32(1, bad, 1)],
      ['c', float32(bad)],
    ]);
    expect(firstNonFinite(tensors)).toBe('b');
  }
});

test('names every loss that is not finite', () => {
  requireFiniteLosses(1, { a: 0, b: -1e300 });
  expect(() => requireFiniteLosses(3, { a: 1, b: Number.NaN, c: Number.NEGATIVE_INFINITY })).toThrow(
    'loss "b" is NaN, loss "c" is -Infinity at step 3',
  );
});
