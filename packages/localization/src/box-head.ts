/** How the four numbers that come out of the box head stand for a box. */
import { add, concat, constant, matmul, mul, sigmoid, slice, softplus, type Tensor } from '@counterpoise/engine';
import type { Json } from '@counterpoise/training';
import { BoxScale, inverseSoftplus, rescaled } from './box-scale.js';
import { centerOf, type LocalizationDataset, unitBox } from './dataset.js';

export const BOX_HEADS = ['corners', 'center'] as const;
export type BoxHead = (typeof BOX_HEADS)[number];

/** Mean and standard deviation of each coordinate of the training boxes, four each, in units of the picture. */
export interface BoxStandardization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface BoxCoding {
  /**
   * The coordinates that the head gives, in units of the picture. `corners`: x1, y1, x2, y2, in whatever order they come.
   * `center`: cx, cy, w, h, which are always a valid box.
   */
  readonly head: BoxHead;
  /** Of the head's coordinates; or `null`: the coordinates are the sigmoid of the head's numbers. */
  readonly standardization: BoxStandardization | BoxScale | null;
}

/** `false`: a sigmoid. `true`: by mean and deviation of the training set. `pop-art`: by those of the batches so far. */
export const TARGET_STANDARDIZATIONS = [false, true, 'pop-art'] as const;
export type TargetStandardization = (typeof TARGET_STANDARDIZATIONS)[number];

export function standardizationOf({ standardization }: BoxCoding): TargetStandardization {
  return standardization instanceof BoxScale ? 'pop-art' : standardization !== null;
}

export const PLAIN_CORNERS: BoxCoding = { head: 'corners', standardization: null };

/** (cx, cy, w, h) times this matrix are the corners (x1, y1, x2, y2). */
const TO_CORNERS = constant([1, 0, 1, 0, 0, 1, 0, 1, -0.5, 0, 0.5, 0, 0, -0.5, 0, 0.5], [4, 4]);
/** And back. */
const TO_CENTER = constant([0.5, 0, -1, 0, 0, 0.5, 0, -1, 0.5, 0, 1, 0, 0, 0.5, 0, 1], [4, 4]);

/**
 * The boxes [N, 4] of the head's numbers `raw` [N, 4]: x1, y1, x2, y2 in units of the picture. Of `center`, x1 <= x2 and
 * y1 <= y2. Only plain corners are always within the picture.
 */
export function decodeBoxes(raw: Tensor, { head, standardization }: BoxCoding): Tensor {
  const coordinates =
    standardization instanceof BoxScale
      ? rescaled(raw, head, standardization)
      : standardization
        ? destandardized(raw, head, standardization)
        : sigmoid(raw);
  return head === 'center' ? matmul(coordinates, TO_CORNERS) : coordinates;
}

/** The coordinates that the head stands for, of boxes [N, 4] given by their corners. */
export function coordinatesOf(boxes: Tensor, head: BoxHead): Tensor {
  return head === 'center' ? matmul(boxes, TO_CENTER) : boxes;
}

/** mean + std z; but of sizes, which must stay positive, std softplus(z + k) with k such that z = 0 is the mean too. */
function destandardized(raw: Tensor, head: BoxHead, { mean, std }: BoxStandardization): Tensor {
  const affine = (z: Tensor, from: number, to: number) =>
    add(mul(z, constant(std.slice(from, to))), constant(mean.slice(from, to)));
  if (head === 'corners') return affine(raw, 0, 4);
  const [position, size] = [slice(raw, [0], [2], { axes: [1] }), slice(raw, [2], [4], { axes: [1] })];
  const offsets = [2, 3].map((at) => inverseSoftplus(mean[at]! / std[at]!));
  const sizes = mul(softplus(add(size, constant(offsets))), constant(std.slice(2)));
  return concat([affine(position, 0, 2), sizes], 1);
}

/** A coordinate that varies less, in units of the picture, counts as varying so much: it is about one pixel of 224. */
export const SMALLEST_STD = 0.005;

/** The coding for a training: with `true`, by the boxes of the set as they lie on disk, before augmentation. */
export function boxCodingFor(head: BoxHead, standardize: TargetStandardization, train: LocalizationDataset): BoxCoding {
  if (standardize === false) return { head, standardization: null };
  return { head, standardization: standardize === 'pop-art' ? new BoxScale() : standardizationFor(head, train) };
}

/** Mean and deviation of the boxes of a set, before augmentation. */
export function standardizationFor(head: BoxHead, { items }: LocalizationDataset): BoxStandardization {
  const boxes = items.map((item) => unitBox(item)).filter((box) => box !== null);
  const rows = boxes.map((box) => (head === 'center' ? centerOf(box) : box));
  const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const columns = [0, 1, 2, 3].map((at) => rows.map((row) => row[at]!));
  const mean = columns.map(average);
  // sqrt(mean (x - mean)^2), the divisor N.
  const std = columns.map((values, at) => Math.sqrt(average(values.map((value) => (value - mean[at]!) ** 2))));
  return { mean, std: std.map((value) => Math.max(value, SMALLEST_STD)) };
}

/** As a checkpoint has it; running statistics are among its tensors. */
export function boxCodingJson({ head, standardization }: BoxCoding): Json {
  if (standardization instanceof BoxScale) return { head, standardization: 'pop-art' };
  return { head, standardization: standardization && { mean: standardization.mean, std: standardization.std } };
}

/** Reads a coding from the JSON of a checkpoint. @throws Error that says what is wrong. */
export function readBoxCoding(value: unknown): BoxCoding {
  const { head, standardization } = record(value, 'boxCoding');
  if (!(BOX_HEADS as readonly unknown[]).includes(head)) {
    throw new Error(`"boxCoding.head" must be one of ${BOX_HEADS.join(', ')}, got ${JSON.stringify(head)}`);
  }
  if (standardization === null) return { head: head as BoxHead, standardization };
  if (standardization === 'pop-art') return { head: head as BoxHead, standardization: new BoxScale() };
  const { mean, std } = record(standardization, 'boxCoding.standardization');
  return {
    head: head as BoxHead,
    standardization: { mean: fourNumbers('mean', mean, 0), std: fourNumbers('std', std, SMALLEST_STD) },
  };
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`"${name}" must be an object, got ${JSON.stringify(value)}`);
}

function fourNumbers(name: string, value: unknown, least: number): number[] {
  const fits = (number: unknown) => typeof number === 'number' && number >= least && number <= 1;
  if (Array.isArray(value) && value.length === 4 && value.every(fits)) return value;
  throw new Error(`"boxCoding.standardization.${name}" must be four numbers in [${least}, 1]`);
}
