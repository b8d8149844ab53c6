/** How a picture of any shape becomes a square: stretched, or whole in its own shape between two grey bars. */
import type { Box } from './dataset.js';

export const RESIZES = ['stretch', 'letterbox'] as const;
export type Resize = (typeof RESIZES)[number];

/** Mean colour of ImageNet, rounded: the network sees nearly 0, as at the zero padding of its convolutions. */
export const FILL = [124, 116, 104] as const;

/** The picture with its bars, in pixels of the picture; not always whole numbers. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Where the picture begins in it. */
  readonly left: number;
  readonly top: number;
}

/** Where the picture lies in the square, in whole pixels of the square. */
export interface Content {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The longer side fills the square, the shorter one is rounded to a pixel, at least 1, and put in the middle. */
export function contentOf(resize: Resize, width: number, height: number, size: number): Content {
  if (resize === 'stretch') return { left: 0, top: 0, width: size, height: size };
  const longest = Math.max(width, height);
  const [w, h] = [width, height].map((side) => Math.max(1, Math.round((side * size) / longest))) as [number, number];
  return { left: (size - w) >> 1, top: (size - h) >> 1, width: w, height: h };
}

/**
 * The whole square in pixels of the picture. It follows from the content as it was rounded, and so differs a little from a
 * square of the longer side: boxes then lie on the very pixels, and come back exactly.
 */
export function frameOf(resize: Resize, width: number, height: number, size: number): Frame {
  if (resize === 'stretch') return { width, height, left: 0, top: 0 };
  const content = contentOf(resize, width, height, size);
  const [scaleX, scaleY] = [width / content.width, height / content.height];
  return { width: size * scaleX, height: size * scaleY, left: content.left * scaleX, top: content.top * scaleY };
}

/** A box in pixels of the picture, in pixels of its frame. */
export function boxInFrame([x1, y1, x2, y2]: Box, { left, top }: Frame): Box {
  return [x1 + left, y1 + top, x2 + left, y2 + top];
}

/**
 * A box in units of the frame, as the network gives it, in pixels of the picture; what lies on the bars is cut.
 * @param picture its size, from which the frame was made.
 */
export function boxFromFrame(
  [x1, y1, x2, y2]: Box,
  frame: Frame,
  { width, height }: { readonly width: number; readonly height: number },
): Box {
  const x = (value: number) => Math.min(width, Math.max(0, value * frame.width - frame.left));
  const y = (value: number) => Math.min(height, Math.max(0, value * frame.height - frame.top));
  return [x(x1), y(y1), x(x2), y(y2)];
}

/** Puts the content into a square of `FILL`. @param pixels RGB bytes of the content, row by row. */
export function padToSquare(pixels: Uint8Array, content: Content, size: number): Uint8Array {
  if (content.width === size && content.height === size) return pixels;
  const out = new Uint8Array(size * size * 3);
  for (let at = 0; at < out.length; at++) out[at] = FILL[(at % 3) as 0 | 1 | 2];
  for (let row = 0; row < content.height; row++) {
    const line = pixels.subarray(row * content.width * 3, (row + 1) * content.width * 3);
    out.set(line, ((content.top + row) * size + content.left) * 3);
  }
  return out;
}
