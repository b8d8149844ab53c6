/** Where a picture lies in the square that the network sees, with ONNX operators: what `letterbox.ts` computes for one picture. */
import { FILL, type Resize } from '../letterbox.js';
import type { NodeList } from './node-list.js';

const FLOAT32 = 1;

/** One side of the square; every entry names an int64 [1]. */
export interface SideFrame {
  /** Pixels of the given picture. */
  readonly source: string;
  /** Pixels that it has in the square. */
  readonly content: string;
  /** Pixels of the bars before and after it. */
  readonly before: string;
  readonly after: string;
}

export interface FrameNodes {
  readonly rows: SideFrame;
  readonly columns: SideFrame;
}

/** @param images [N, H, W, 3]. */
export function frameNodes(list: NodeList, images: string, size: number, resize: Resize): FrameNodes {
  const shape = list.add('Shape', [images]);
  const [height, width] = [1, 2].map((axis) => list.add('Gather', [shape, list.integers(axis)], { axis: 0 })) as [
    string,
    string,
  ];
  const square = list.integers(size);
  const longest = list.add('Max', [height, width]);
  const side = (source: string): SideFrame => {
    const content = resize === 'stretch' ? square : contentNode(list, source, longest, size);
    const bars = list.add('Sub', [square, content]);
    const before = list.add('Div', [bars, list.integers(2)]);
    return { source, content, before, after: list.add('Sub', [bars, before]) };
  };
  return { rows: side(height), columns: side(width) };
}

/** max(1, round(source size / longest)), in whole numbers: round(a / b) = floor((2 a + b) / 2 b). */
function contentNode(list: NodeList, source: string, longest: string, size: number): string {
  const doubled = list.add('Mul', [source, list.integers(2 * size)]);
  const divisor = list.add('Mul', [longest, list.integers(2)]);
  return list.add('Max', [list.add('Div', [list.add('Add', [doubled, longest]), divisor]), list.integers(1)]);
}

/**
 * Puts the bars round the content.
 * @param content float32 [N, 3, h, w], in [0, 255].
 * @returns [N, 3, size, size].
 */
export function barNodes(list: NodeList, content: string, { rows, columns }: FrameNodes): string {
  // Pad has one value for all channels: zero, of what lies over the colour of the bars.
  const fill = list.floats(FILL, [3, 1, 1]);
  const none = list.integers(0, 0);
  const counts = [none, rows.before, columns.before, none, rows.after, columns.after];
  const bars = list.add('Concat', counts, { axis: 0 });
  return list.add('Add', [list.add('Pad', [list.add('Sub', [content, fill]), bars]), fill]);
}

/**
 * Boxes in pixels of the given picture; what lies on the bars is cut.
 * @param unitBoxes float32 [N, 4], in units of the square.
 */
export function boxNodes(
  list: NodeList,
  unitBoxes: string,
  { rows, columns }: FrameNodes,
  size: number,
  output: string,
): string {
  const corners = (entry: keyof SideFrame) => {
    const sides = [columns[entry], rows[entry], columns[entry], rows[entry]];
    return list.add('Cast', [list.add('Concat', sides, { axis: 0 })], { to: FLOAT32 });
  };
  const source = corners('source');
  const pixels = list.add('Sub', [list.add('Mul', [unitBoxes, list.floats([size])]), corners('before')]);
  const scaled = list.add('Div', [list.add('Mul', [pixels, source]), corners('content')]);
  return list.add('Max', [list.add('Min', [scaled, source]), list.floats([0])], {}, output);
}
