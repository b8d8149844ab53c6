/** Tensors whose shapes do not fit the operation; the message names the operation, the shapes and what would be right. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}
