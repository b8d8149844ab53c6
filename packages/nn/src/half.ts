/** Decoding of the two 16-bit float formats into float32, which holds every value of both exactly. */

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** One IEEE 754 binary16 value: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function decodeFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** IEEE 754 binary16 to float32. */
export function float32FromFloat16(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, decodeFloat16);
}

/** bfloat16 (the upper half of a float32) to float32. */
export function float32FromBfloat16(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    BITS[0] = half << 16;
    return FLOAT[0]!;
  });
}
