import { expect, it } from 'vitest';
import { PictureCache } from './cache.js';

it('keeps what comes first and never more than its limit', () => {
  const cache = new PictureCache(100);
  const first = new Uint8Array(60);
  cache.add(0, 8, first);
  cache.add(0, 8, new Uint8Array(60));
  cache.add(1, 8, new Uint8Array(60));
  cache.add(2, 8, new Uint8Array(40));
  expect(cache.get(0, 8)).toBe(first);
  expect(cache.get(0, 9)).toBeUndefined();
  expect(cache.get(1, 8)).toBeUndefined();
  expect(cache.get(2, 8)).toHaveLength(40);
  expect(cache.bytes).toBe(100);
});

it('refuses a limit that is no number of bytes', () => {
  expect(() => new PictureCache(-1)).toThrow('"cacheBytes" must be at least 0, got -1');
  expect(() => new PictureCache(Number.NaN)).toThrow('got NaN');
});
