/**
 * Tensors by formula, so that golden files need not ship the weights they were made with.
 * `tools/goldens/hash_fill.py` computes the same bits and states the formulas: change both or neither.
 */

/** The finaliser of MurmurHash3 (32 bits). */
function mix(value: number): number {
  let h = value;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a, 32 bits, over the UTF-8 bytes of the key. */
export function fnv1a(key: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}

/** hash(key, i) = mix(mix(i) xor seed), an integer in [0, 2^32), where `seed` is `fnv1a(key)`. */
export function hash(seed: number, index: number): number {
  return mix(mix(index) ^ seed);
}

/** `count` float32 numbers, uniform in offset + scale * [-1, 1); every operation is rounded to float32. */
export function hashFill(key: string, count: number, scale = 1, offset = 0): Float32Array {
  if (!Number.isInteger(count) || count < 0) {
    throw new Error(`"count" must be an integer of at least 0, got ${count}`);
  }
  const seed = fnv1a(key);
  const scale32 = Math.fround(scale);
  const offset32 = Math.fround(offset);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const uniform = (hash(seed, i) >>> 8) / 2 ** 23 - 1;
    values[i] = offset32 + Math.fround(scale32 * uniform);
  }
  return values;
}

/** hash(key, i) mod `bound`: class labels in [0, bound). */
export function hashIntegers(key: string, count: number, bound: number): Int32Array {
  if (!Number.isInteger(bound) || bound < 1) {
    throw new Error(`"bound" must be an integer of at least 1, got ${bound}`);
  }
  const seed = fnv1a(key);
  return Int32Array.from({ length: count }, (_, i) => hash(seed, i) % bound);
}

/**
 * The parameter or running statistic that the golden networks have under this `stateDict` key, in PyTorch's shape and
 * order: linear and convolution weights (rank 2 and 4) have scale sqrt(6 / fan_in), batch norm weights are 1 + 0.1 u,
 * biases 0.1 u (both times 0.3 in a residual branch), running means 0 and running variances 1.
 *
 * @param choices one digit d per channel, from `biasChoices[key]` of a golden file: channel c is that of `${key}.${d}`
 */
export function hashParameter(key: string, shape: readonly number[], choices?: string): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (choices !== undefined) {
    if (choices.length !== count || !/^\d*$/.test(choices)) {
      throw new Error(`"choices" of "${key}" must be ${count} digits, got "${choices}"`);
    }
    const candidates = Array.from({ length: 10 }, (_, digit) => hashParameter(`${key}.${digit}`, shape));
    return Float32Array.from(choices, (digit, channel) => candidates[Number(digit)]![channel]!);
  }
  if (shape.length === 2 || shape.length === 4) {
    return hashFill(key, count, Math.sqrt(6 / (count / shape[0]!)));
  }
  if (shape.length !== 1) {
    throw new Error(`"shape" of "${key}" must have rank 1, 2 or 4, got [${shape.join(', ')}]`);
  }
  if (key.endsWith('running_mean')) return new Float32Array(count);
  if (key.endsWith('running_var')) return new Float32Array(count).fill(1);
  const [scale, offset] = /layer.*\.bn/.test(key) ? [0.03, 0.3] : [0.1, 1];
  return hashFill(key, count, scale, key.endsWith('weight') ? offset : 0);
}
