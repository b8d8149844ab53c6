/** The two losses of the localizer. */
import { crossEntropy, l1Loss, mean, mseLoss, mul, smoothL1Loss, type Tensor } from '@counterpoise/engine';
import type { HeadOutputs } from './model.js';

/** In this order everywhere. */
export const LOSSES = ['class', 'box'] as const;
export type LossName = (typeof LOSSES)[number];

export const BOX_LOSSES = ['mse', 'l1', 'smooth-l1'] as const;
export type BoxLoss = (typeof BOX_LOSSES)[number];

export const BOX_UNITS = ['pixels', 'unit'] as const;
export type BoxUnits = (typeof BOX_UNITS)[number];

/**
 * The side of the picture in whose pixels box losses are told, whatever the size of the files and of the network's input:
 * so a loss means the same in every run, and its scale is that of the usual 224-pixel recipes (MSE 10^3 to 10^4 at first).
 */
export const FRAME = 224;

/** Where smooth L1 turns from quadratic to linear, in units of the picture. PyTorch's 1 would be quadratic everywhere. */
export const SMOOTH_L1_BETA = 0.1;

export interface LossSettings {
  readonly boxLoss: BoxLoss;
  readonly boxUnits: BoxUnits;
}

interface Targets {
  /** int32 [N] */
  readonly labels: Tensor;
  /** [N, 4] in units of the picture */
  readonly boxes: Tensor;
}

/** Scalars: cross-entropy, mean over N; and the box loss, mean over the 4 N coordinates. */
export function trainingLosses(heads: HeadOutputs, targets: Targets, settings: LossSettings): Record<LossName, Tensor> {
  return {
    class: crossEntropy(heads.logits, targets.labels),
    box: boxLoss(heads, targets, settings, 'mean'),
  };
}

/** The same for each picture, [N], so that a data set's mean does not depend on the batches it was cut into. */
export function lossesPerImage(heads: HeadOutputs, targets: Targets, settings: LossSettings): Record<LossName, Tensor> {
  return {
    class: crossEntropy(heads.logits, targets.labels, { reduction: 'none' }),
    box: mean(boxLoss(heads, targets, settings, 'none'), { axes: [1] }),
  };
}

function boxLoss(
  heads: HeadOutputs,
  targets: Targets,
  { boxLoss, boxUnits }: LossSettings,
  reduction: 'mean' | 'none',
): Tensor {
  const scale = boxUnits === 'pixels' ? FRAME : 1;
  const predicted = scale === 1 ? heads.boxes : mul(heads.boxes, scale);
  const wanted = scale === 1 ? targets.boxes : mul(targets.boxes, scale);
  switch (boxLoss) {
    case 'mse':
      return mseLoss(predicted, wanted, { reduction });
    case 'l1':
      return l1Loss(predicted, wanted, { reduction });
    case 'smooth-l1':
      return smoothL1Loss(predicted, wanted, { reduction, beta: SMOOTH_L1_BETA * scale });
  }
}
