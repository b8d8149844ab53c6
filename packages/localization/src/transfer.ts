/** Training from a backbone that was trained before: what of it stays as it is, how fast the rest of it learns, and until when. */
import { BatchNorm2d, ExponentialMovingAverage, type NamedParameter, type ParameterGroup } from '@counterpoise/nn';
import type { TwoHeadResNet } from './model.js';

export const FREEZES = ['none', 'backbone'] as const;
export type Freeze = (typeof FREEZES)[number];

export const BATCH_NORM_FREEZES = ['none', 'statistics', 'all'] as const;
export type BatchNormFreeze = (typeof BATCH_NORM_FREEZES)[number];

export interface TransferOptions {
  /** A safetensors or .pth file with the weights of the backbone, absolute; or `null`: random weights. */
  readonly weights: string | null;
  /** `backbone`: only the heads learn; the backbone works as in evaluation, its running statistics stay. */
  readonly freeze: Freeze;
  /**
   * In the batch normalisation of the backbone, `statistics`: the running statistics are used and kept, scale and shift still
   * learn; `all`: those stay too, as with torchvision's FrozenBatchNorm2d.
   */
  readonly freezeBatchNorm: BatchNormFreeze;
  /** Factor on the learning rate of the backbone, greater than 0; 0.1 is usual. */
  readonly backboneLr: number;
  /** Epochs at the beginning in which the backbone is frozen; a whole number, less than `epochs`. */
  readonly headsFirst: number;
  /** Decay of the moving average of the weights, in [0, 1), see `ExponentialMovingAverage` of nn; or `null`: none is kept. */
  readonly ema: number | null;
}

export const TRANSFER_DEFAULTS = {
  weights: null,
  freeze: 'none',
  freezeBatchNorm: 'none',
  backboneLr: 1,
  headsFirst: 0,
  ema: null,
} as const satisfies TransferOptions;

/** Why these options cannot go together; `undefined` if they can. */
export function transferProblem(options: TransferOptions, epochs: number): string | undefined {
  const { weights, freeze, freezeBatchNorm, backboneLr, headsFirst } = options;
  const frozen = freeze !== 'none' ? 'freeze' : freezeBatchNorm !== 'none' ? 'freezeBatchNorm' : undefined;
  const needy = frozen ?? (headsFirst > 0 ? 'headsFirst' : undefined);
  if (weights === null && needy)
    return `"${needy}" needs "weights": there is nothing worth keeping in a random backbone`;
  if (headsFirst >= epochs) return `"headsFirst" must be less than the ${epochs} epochs, got ${headsFirst}`;
  const idle = headsFirst > 0 ? 'headsFirst' : backboneLr !== 1 ? 'backboneLr' : undefined;
  if (freeze === 'backbone' && idle) return `"${idle}" has no effect with "freeze" backbone: leave one of them out`;
  return undefined;
}

/** Whether some batch normalisation will look at the statistics of the batch. */
export function usesBatchStatistics({ freeze, freezeBatchNorm }: TransferOptions): boolean {
  return freeze === 'none' && freezeBatchNorm === 'none';
}

/**
 * The parameters that learn, for an optimiser; others are marked as frozen. Weight decay as usual for residual networks: on
 * the weights of convolutions and heads, not on scales and biases.
 */
export function parameterGroups(
  model: TwoHeadResNet,
  { freeze, freezeBatchNorm, backboneLr, headsFirst }: TransferOptions,
  stepsPerEpoch: number,
): ParameterGroup[] {
  if (freeze === 'backbone') model.backbone.requiresGrad(false);
  if (freezeBatchNorm === 'all') for (const norm of batchNorms(model)) norm.requiresGrad(false);
  const own = new Set(model.backbone.parameters());
  const decays = ([, { shape }]: NamedParameter) => shape.length > 1;
  const all = model.namedParameters();
  const heads = all.filter(([, parameter]) => !own.has(parameter));
  const backbone = all.filter(([, parameter]) => own.has(parameter));
  const trunk = { lrFactor: backboneLr, firstStep: headsFirst * stepsPerEpoch + 1 };
  return [
    { ...trunk, params: backbone.filter(decays) },
    { params: heads.filter(decays) },
    { ...trunk, params: backbone.filter((named) => !decays(named)), weightDecay: 0 },
    { params: heads.filter((named) => !decays(named)), weightDecay: 0 },
  ];
}

/** Whether the backbone only looks on, in this epoch, from 0. */
export function isBackboneFrozen({ freeze, headsFirst }: TransferOptions, epoch: number): boolean {
  return freeze === 'backbone' || epoch < headsFirst;
}

/** Sets what works by running statistics in this epoch, from 0; before the graph of its steps is built. */
export function setModes(model: TwoHeadResNet, options: TransferOptions, epoch: number): void {
  model.train();
  if (isBackboneFrozen(options, epoch)) model.backbone.eval();
  if (options.freezeBatchNorm !== 'none') for (const norm of batchNorms(model)) norm.eval();
}

/** @param average takes the values that the model has now. */
export function averageOf(average: TwoHeadResNet, model: TwoHeadResNet, decay: number): ExponentialMovingAverage {
  average.loadStateDict(model.stateDict());
  return new ExponentialMovingAverage(average, model, decay);
}

function batchNorms({ backbone }: TwoHeadResNet): BatchNorm2d[] {
  return backbone.modules().filter((module) => module instanceof BatchNorm2d);
}
