/** Gaussian blur. */

/**
 * Blurs a square picture, first along its rows, then along its columns; beyond the edges the last pixel goes on.
 * @param pixels RGB bytes, row by row.
 * @param sigma standard deviation in pixels, greater than 0. The kernel ends at three of them: 0.3 % lie beyond.
 */
export function blurPixels(pixels: Uint8Array, size: number, sigma: number): Uint8Array {
  const kernel = gaussianKernel(sigma);
  const rows = new Float32Array(pixels.length);
  convolve(pixels, rows, size, 3, size * 3, kernel);
  const out = new Uint8ClampedArray(pixels.length);
  convolve(rows, out, size, size * 3, 3, kernel);
  return new Uint8Array(out.buffer);
}

/** exp(-d^2 / 2 sigma^2) for d = -r to r, divided by their sum. */
function gaussianKernel(sigma: number): Float64Array {
  const reach = Math.ceil(3 * sigma);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

/** @param step from a pixel to the next one of its line; `stride` from a line to the next. */
function convolve(
  from: Uint8Array | Float32Array,
  to: Float32Array | Uint8ClampedArray,
  size: number,
  step: number,
  stride: number,
  kernel: Float64Array,
): void {
  const reach = kernel.length >> 1;
  for (let line = 0; line < size; line++) {
    for (let place = 0; place < size; place++) {
      let [r, g, b] = [0, 0, 0];
      for (let i = 0; i < kernel.length; i++) {
        const at = line * stride + Math.min(size - 1, Math.max(0, place + i - reach)) * step;
        const weight = kernel[i]!;
        r += weight * from[at]!;
        g += weight * from[at + 1]!;
        b += weight * from[at + 2]!;
      }
      const at = line * stride + place * step;
      to[at] = r;
      to[at + 1] = g;
      to[at + 2] = b;
    }
  }
}
