/** How good predicted classes and boxes are. */

/** A box with a class; any frame, as long as prediction and truth share it. */
export interface LabelledBox {
  readonly label: number;
  readonly box: ArrayLike<number>;
}

/** What is known of a picture; `null`: that is not known. */
export type Truth = { readonly [K in keyof LabelledBox]: LabelledBox[K] | null };

/** Each over the pictures of which the truth is known, the last over those with both; NaN where there is none. */
export interface LocalizationMetrics {
  /** Number of pictures, all. */
  readonly images: number;
  /** Share with the right class (top 1), in [0, 1]. */
  readonly accuracy: number;
  /** Mean intersection over union of the boxes, in [0, 1]. */
  readonly meanIou: number;
  /** Share with IoU of at least 0.5, whatever the class, in [0, 1]. */
  readonly boxAccuracy: number;
  /** Share with the right class and IoU of at least 0.5: 1 minus the CLS-LOC error of ILSVRC (Russakovsky et al. 2015, section 4.2), for one guess. */
  readonly localizationAccuracy: number;
}

/** What a training records after every epoch, in the order of its columns. */
export const METRICS = [
  'accuracy',
  'meanIou',
  'boxAccuracy',
  'localizationAccuracy',
] as const satisfies readonly (keyof LocalizationMetrics)[];

/** The IoU from which a box counts as right. */
export const IOU_THRESHOLD = 0.5;

/**
 * Intersection over union of two boxes `[x1, y1, x2, y2]`, in [0, 1]. It does not change when x and y are scaled, so pixels
 * and unit coordinates give the same. A box without area (also upside down, or with NaN in it) overlaps nothing: 0, never NaN.
 */
export function iou(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const areaA = side(a[0], a[2]) * side(a[1], a[3]);
  const areaB = side(b[0], b[2]) * side(b[1], b[3]);
  const width = side(Math.max(a[0]!, b[0]!), Math.min(a[2]!, b[2]!));
  const height = side(Math.max(a[1]!, b[1]!), Math.min(a[3]!, b[3]!));
  const overlap = width * height;
  const union = areaA + areaB - overlap;
  // Infinite sides make the quotient NaN.
  const quotient = overlap / union;
  return areaA > 0 && areaB > 0 && Number.isFinite(quotient) ? quotient : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function side(low: number | undefined, high: number | undefined): number {
  const length = high! - low!;
  return Math.max(length, 0);
}

/**
 * The metrics over pictures: `predictions[i]` against `truths[i]`.
 * @throws RangeError if there are none, or not equally many.
 */
export function localizationMetrics(
  predictions: readonly LabelledBox[],
  truths: readonly Truth[],
): LocalizationMetrics {
  const images = truths.length;
  if (images === 0) throw new RangeError('"truths" must hold at least one picture, got none');
  if (predictions.length !== images) {
    throw new RangeError(`"predictions" must be as many as "truths" (${images}), got ${predictions.length}`);
  }
  const rightClasses: number[] = [];
  const overlaps: number[] = [];
  const both: number[] = [];
  truths.forEach(({ label, box }, index) => {
    const prediction = predictions[index]!;
    const overlap = box && iou(prediction.box, box);
    if (label !== null) rightClasses.push(Number(prediction.label === label));
    if (overlap !== null) overlaps.push(overlap);
    if (label !== null && overlap !== null) both.push(Number(prediction.label === label && overlap >= IOU_THRESHOLD));
  });
  return {
    images,
    accuracy: mean(rightClasses),
    meanIou: mean(overlaps),
    boxAccuracy: mean(overlaps.map((overlap) => Number(overlap >= IOU_THRESHOLD))),
    localizationAccuracy: mean(both),
  };
}
