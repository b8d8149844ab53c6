import { fnv1a, hash } from './hash-fill.js';

/**
 * A tensor of millions of entries, kept as 64 numbers from which distances to it can be estimated (count sketch).
 * `tools/goldens/sketch.py` computes the same numbers and states the formula and its source: change both or neither.
 */
const buckets = 64;
const seed = fnv1a('sketch');

/**
 * The sketch of a tensor given in PyTorch's contiguous order: min(64, entries) numbers. It is linear, so the norm of
 * the difference of two sketches estimates the norm of the difference of the tensors, with a standard deviation of
 * 9 % (exactly, for at most 64 entries).
 */
export function sketch(values: ArrayLike<number>): Float64Array {
  if (values.length <= buckets) return Float64Array.from(values);
  const sums = new Float64Array(buckets);
  for (let i = 0; i < values.length; i++) {
    const h = hash(seed, i);
    const bucket = h & (buckets - 1);
    const value = values[i]!;
    sums[bucket] = sums[bucket]! + (h & buckets ? value : -value);
  }
  return sums;
}

/** Reads a sketch of a golden file: base64 of little-endian float32. */
export function decodeSketch(text: string): Float64Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0 || bytes.length > 4 * buckets) {
    throw new Error(`a sketch must be 1 to ${buckets} float32 numbers in base64, got ${bytes.length} bytes`);
  }
  return Float64Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

/**
 * The estimated norm-wise error ||ours - golden|| / ||golden||.
 *
 * @param ours the tensor in PyTorch's contiguous order
 * @param golden `sketch` and `norm` (L2, positive) of the float64 tensor, as in the golden file
 */
export function relativeError(ours: ArrayLike<number>, golden: { sketch: string; norm: number }): number {
  const truth = decodeSketch(golden.sketch);
  const own = sketch(ours);
  if (own.length !== truth.length) {
    throw new Error(`a tensor of ${ours.length} entries has a sketch of ${own.length} numbers, got ${truth.length}`);
  }
  if (!(golden.norm > 0)) {
    throw new Error(`"norm" must be above 0, got ${golden.norm}`);
  }
  return Math.hypot(...own.map((value, i) => value - truth[i]!)) / golden.norm;
}
