import { type DType, formatShape, type Shape, type Tensor } from '../graph/tensor.js';
import { ShapeError } from './errors.js';

/** A number for both spatial axes, or one for height and one for width. */
export type Pair = number | readonly [height: number, width: number];

export function pair(operation: string, argument: string, value: Pair, least: number): [number, number] {
  const [height, width] = typeof value === 'number' ? [value, value] : value;
  const valid = (size: number) => Number.isSafeInteger(size) && size >= least;
  if (!valid(height) || !valid(width)) {
    const got = typeof value === 'number' ? value : formatShape(value);
    throw new RangeError(`${operation}: "${argument}" must be a whole number of ${least} or more, got ${got}`);
  }
  return [height, width];
}

/** The axis counted from the front: negative axes count from the back, as in PyTorch. */
export function normalizeAxis(operation: string, axis: number, rank: number): number {
  const fromFront = axis < 0 ? axis + rank : axis;
  if (!Number.isSafeInteger(axis) || fromFront < 0 || fromFront >= rank) {
    const allowed = rank === 0 ? 'a scalar has no axes' : `it must be a whole number from ${-rank} to ${rank - 1}`;
    throw new ShapeError(`${operation}: axis ${axis} does not exist in a tensor of rank ${rank}; ${allowed}`);
  }
  return fromFront;
}

/** Distinct axes in ascending order. */
export function normalizeAxes(operation: string, axes: readonly number[], rank: number): number[] {
  const fromFront = axes.map((axis) => normalizeAxis(operation, axis, rank));
  if (new Set(fromFront).size !== fromFront.length) {
    throw new ShapeError(`${operation}: "axes" must name each axis once, got ${formatShape(axes)}`);
  }
  return fromFront.sort((a, b) => a - b);
}

export function requireDtype(operation: string, argument: string, tensor: Tensor, dtype: DType): void {
  if (tensor.dtype !== dtype) {
    throw new TypeError(`${operation}: "${argument}" must be ${dtype}, got ${tensor.dtype}`);
  }
}

export function requireImages(operation: string, x: Tensor): [n: number, c: number, h: number, w: number] {
  requireDtype(operation, 'x', x, 'float32');
  if (x.shape.length !== 4) {
    throw new ShapeError(`${operation}: x must be images [N, C, H, W], got ${formatShape(x.shape)}`);
  }
  return x.shape as unknown as [number, number, number, number];
}

export function requireShape(operation: string, argument: string, tensor: Tensor, shape: Shape, why: string): void {
  requireDtype(operation, argument, tensor, 'float32');
  if (tensor.shape.length !== shape.length || tensor.shape.some((dimension, i) => dimension !== shape[i])) {
    const got = formatShape(tensor.shape);
    throw new ShapeError(`${operation}: ${argument} must be ${formatShape(shape)} ${why}, got ${got}`);
  }
}
