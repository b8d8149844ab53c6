/**
 * Stretching pictures of any size with ONNX operators, as libvips does it for `decodePicture`.
 *
 * ONNX's own Resize averages over the source only from opset 18 on (`antialias`), and over a triangle of the whole
 * reduction; libvips first takes the mean of blocks and then a triangle. On photos that is a difference of up to 10 of 255
 * levels, while these nodes differ by rounding alone. They also run wherever ONNX's basic operators run.
 */
import type { FrameNodes, SideFrame } from './frame-nodes.js';
import type { NodeList } from './node-list.js';

const FLOAT32 = 1;
/** libvips shrinks by the mean of blocks until the side is this many times its goal, or a little more ("gap"). */
const GAP = 2;
/** The triangle reaches this many pixels over the edge at most: half of what is left of the reduction, which is below 2 GAP. */
const MARGIN = 2;

/**
 * @param images uint8 [N, H, W, 3].
 * @returns float32 [N, 3, h, w] with the sizes of the content, in [0, 255], not rounded.
 */
export function resizeNodes(list: NodeList, images: string, frame: FrameNodes): string {
  const rows = sideNodes(list, frame.rows);
  const columns = sideNodes(list, frame.columns);
  const zero = list.integers(0);
  // The last block of a side is filled up with the last pixel.
  const fill = list.add('Concat', [list.integers(0, 0, 0, 0, 0), rows.missing, columns.missing, zero], { axis: 0 });
  const filled = list.add('Cast', [list.add('Pad', [images, fill], { mode: 'edge' })], { to: FLOAT32 });
  // Two means over one axis each: the first, over nearly all the pixels, adds whole rows.
  const open = list.integers(-1);
  const width = list.add('Mul', [columns.blocks, columns.block]);
  const perRow = list.add('Mul', [width, list.integers(3)]);
  const byRow = list.add('Concat', [open, rows.blocks, rows.block, perRow], { axis: 0 });
  const lower = mean(list, list.add('Reshape', [filled, byRow]), 2);
  const byColumn = list.add('Concat', [open, rows.blocks, columns.blocks, columns.block, list.integers(3)], {
    axis: 0,
  });
  const small = mean(list, list.add('Reshape', [lower, byColumn]), 3);

  const margins = list.integers(0, MARGIN, MARGIN, 0, 0, MARGIN, MARGIN, 0);
  const padded = list.add('Transpose', [list.add('Pad', [small, margins], { mode: 'edge' })], { perm: [0, 3, 1, 2] });
  const byRows = list.add('MatMul', [rows.weights, padded]);
  return list.add('MatMul', [byRows, list.add('Transpose', [columns.weights], { perm: [1, 0] })]);
}

interface Side {
  /** [1]: pixels of the source in one block, at least 1. */
  readonly block: string;
  /** [1]: number of blocks. */
  readonly blocks: string;
  /** [1]: pixels that the last block lacks. */
  readonly missing: string;
  /** [content, blocks + 2 MARGIN]: the triangle round each pixel of the result; each row sums to 1. */
  readonly weights: string;
}

/**
 * n pixels become m by k = max(1, floor(n / (GAP m))) pixels a block, and r = n / (k m) blocks a pixel of the result: pixel o
 * lies at (o + 1/2) r - 1/2, and block j counts with max(0, 1 - |j - that| / max(1, r)).
 */
function sideNodes(list: NodeList, { source: pixels, content }: SideFrame): Side {
  const one = list.integers(1);
  const block = list.add('Max', [list.add('Div', [pixels, list.add('Mul', [content, list.integers(GAP)])]), one]);
  const last = list.add('Sub', [block, one]);
  const blocks = list.add('Div', [list.add('Add', [pixels, last]), block]);
  const missing = list.add('Sub', [list.add('Mul', [blocks, block]), pixels]);

  const float = (value: string) => list.add('Cast', [value], { to: FLOAT32 });
  const range = (start: number, end: string) =>
    float(list.add('Range', [list.integer(start), list.add('Squeeze', [end]), list.integer(1)]));
  const step = list.add('Div', [float(pixels), float(list.add('Mul', [block, content]))]);
  const half = list.floats([0.5]);
  const middles = list.add('Add', [list.add('Unsqueeze', [range(0, content), one]), half]);
  const places = list.add('Sub', [list.add('Mul', [middles, step]), half]);
  const indices = range(-MARGIN, list.add('Add', [blocks, list.integers(MARGIN)]));
  const distances = list.add('Abs', [list.add('Sub', [indices, places])]);
  const reach = list.add('Max', [step, list.floats([1])]);
  const triangle = list.add('Relu', [list.add('Sub', [list.floats([1]), list.add('Div', [distances, reach])])]);
  const sums = list.add('ReduceSum', [triangle, one], { keepdims: 1 });
  return { block, blocks, missing, weights: list.add('Div', [triangle, sums]) };
}

function mean(list: NodeList, values: string, axis: number): string {
  return list.add('ReduceMean', [values], { axes: [axis], keepdims: 0 });
}
