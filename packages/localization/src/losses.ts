/** The losses of the localizer: one on the class, and one or several on the box. */
import {
  constant,
  crossEntropy,
  div,
  l1Loss,
  mean,
  mseLoss,
  mul,
  smoothL1Loss,
  square,
  sum,
  type Tensor,
} from '@counterpoise/engine';
import { type BoxCoding, coordinatesOf } from './box-head.js';
import { BoxScale } from './box-scale.js';
import { completeBoxIouLoss, distanceBoxIouLoss, generalizedBoxIouLoss } from './iou-losses.js';
import type { HeadOutputs } from './model.js';

const IOU_LOSSES = { giou: generalizedBoxIouLoss, diou: distanceBoxIouLoss, ciou: completeBoxIouLoss };

export const BOX_LOSSES = ['mse', 'l1', 'smooth-l1', 'giou', 'diou', 'ciou'] as const;
export type BoxLoss = (typeof BOX_LOSSES)[number];

/** `std`: each coordinate in standard deviations of the training set, for standardised targets. */
export const BOX_UNITS = ['pixels', 'unit', 'std'] as const;
export type BoxUnits = (typeof BOX_UNITS)[number];

/**
 * The side of the picture in whose pixels box losses are told, whatever the size of the files and of the network's input:
 * so a loss means the same in every run, and its scale is that of the usual 224-pixel recipes (MSE 10^3 to 10^4 at first).
 */
export const FRAME = 224;

export interface LossSettings {
  /** At least one, each once. */
  readonly boxLosses: readonly BoxLoss[];
  /** Of `mse`, `l1` and `smooth-l1`; the overlap of two boxes has no unit. */
  readonly boxUnits: BoxUnits;
  /** Where `smooth-l1` turns from quadratic to linear, in units of the picture. */
  readonly smoothL1Beta: number;
}

export interface LossTargets {
  /** int32 [N] */
  readonly labels: Tensor;
  /** [N, 4] in units of the picture: x1 < x2, y1 < y2 */
  readonly boxes: Tensor;
}

/** Names of the losses in their order everywhere: `class`, then `box`, or of several box losses the name of each. */
export function lossNames(boxLosses: readonly BoxLoss[]): readonly string[] {
  return ['class', ...(boxLosses.length === 1 ? ['box'] : boxLosses)];
}

/** Names that a priority may have: those of the losses, and `box` for every box loss at once. */
export function priorityNames(boxLosses: readonly BoxLoss[]): readonly string[] {
  return [...new Set([...lossNames(boxLosses), 'box'])];
}

/** Priorities by `lossNames` from those by `priorityNames`; that of a box loss by itself goes before that of all. */
export function prioritiesByLoss(
  { box, ...own }: Readonly<Record<string, number>>,
  boxLosses: readonly BoxLoss[],
): Readonly<Record<string, number>> {
  const [, ...boxNames] = lossNames(boxLosses);
  return { ...(box !== undefined && Object.fromEntries(boxNames.map((name) => [name, box]))), ...own };
}

/** Whether the loss measures an overlap, which boxes have only if they are valid. */
export function needsValidBoxes(loss: BoxLoss): loss is keyof typeof IOU_LOSSES {
  return Object.hasOwn(IOU_LOSSES, loss);
}

/** Of `SampleShares`, as tensors [N]. */
export type ShareTensors = Readonly<Record<'classShares' | 'boxShares', Tensor>>;

/**
 * Scalars by name: the means over the batch of `lossesPerImage`.
 *
 * @param shares where of some pictures the class or the box is not known: sums of the losses times these. A share of 0 makes the
 * gradient of the picture exactly 0.
 */
export function trainingLosses(
  heads: HeadOutputs,
  targets: LossTargets,
  settings: LossSettings,
  coding: BoxCoding,
  shares?: ShareTensors,
): Record<string, Tensor> {
  const each = Object.entries(lossesPerImage(heads, targets, settings, coding));
  const reduce = (losses: Tensor, at: number) =>
    shares ? sum(mul(losses, at === 0 ? shares.classShares : shares.boxShares)) : mean(losses);
  return Object.fromEntries(each.map(([name, losses], at) => [name, reduce(losses, at)]));
}

/** Which losses a step has samples of, by `lossNames`. */
export function lossMask(
  boxLosses: readonly BoxLoss[],
  present: { readonly class: boolean; readonly box: boolean },
): Readonly<Record<string, boolean>> {
  const names = lossNames(boxLosses);
  return Object.fromEntries(names.map((name, at) => [name, at === 0 ? present.class : present.box]));
}

/**
 * For each picture, [N], by the names of `lossNames`: the cross-entropy, and box losses; of `mse`, `l1` and `smooth-l1` the
 * mean over the four coordinates. A data set's mean of these does not depend on the batches it was cut into.
 *
 * @param coding of the network that the heads are of.
 */
export function lossesPerImage(
  heads: HeadOutputs,
  targets: LossTargets,
  settings: LossSettings,
  coding: BoxCoding,
): Record<string, Tensor> {
  const losses = [
    crossEntropy(heads.logits, targets.labels, { reduction: 'none' }),
    ...settings.boxLosses.map((loss) =>
      needsValidBoxes(loss)
        ? IOU_LOSSES[loss](heads.boxes, targets.boxes)
        : coordinateLoss(loss, heads.boxes, targets.boxes, settings, coding),
    ),
  ];
  return Object.fromEntries(lossNames(settings.boxLosses).map((name, at) => [name, losses[at]!]));
}

/**
 * Computed in units of the picture, and then told in the unit asked for, whose scale is s: the loss of s d is s^2 times the
 * loss of d for `mse`, s times for `l1`, and for `smooth-l1` too, with s beta for beta.
 */
function coordinateLoss(
  loss: Exclude<BoxLoss, keyof typeof IOU_LOSSES>,
  predicted: Tensor,
  truth: Tensor,
  { boxUnits, smoothL1Beta }: LossSettings,
  coding: BoxCoding,
): Tensor {
  const coordinates = (boxes: Tensor) => (boxUnits === 'std' ? coordinatesOf(boxes, coding.head) : boxes);
  const [a, b] = [coordinates(predicted), coordinates(truth)];
  const told = (losses: Tensor, power: 1 | 2) => mean(mul(losses, scalesOf(boxUnits, coding, power)), { axes: [1] });
  switch (loss) {
    case 'mse':
      return told(mseLoss(a, b, { reduction: 'none' }), 2);
    case 'l1':
      return told(l1Loss(a, b, { reduction: 'none' }), 1);
    case 'smooth-l1':
      return told(smoothL1Loss(a, b, { reduction: 'none', beta: smoothL1Beta }), 1);
  }
}

/** How long a picture is in the unit, to this power: one number, or one for each of the head's coordinates. */
function scalesOf(units: BoxUnits, { standardization }: BoxCoding, power: 1 | 2): Tensor {
  switch (units) {
    case 'pixels':
      return constant([FRAME ** power]);
    case 'unit':
      return constant([1]);
    case 'std':
      if (!standardization) throw new Error('internal: box losses in "std" need a box head of standardised targets');
      if (!(standardization instanceof BoxScale)) return constant(standardization.std.map((std) => (1 / std) ** power));
      return div(constant([1]), power === 1 ? standardization.std : square(standardization.std));
  }
}
