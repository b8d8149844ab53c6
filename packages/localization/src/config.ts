/** What a localizer is trained with: the content of a run's config.json. `check-config.ts` knows what is possible. */
import type { Boundary, HeadWeighting } from '@counterpoise/training';
import { DEFAULT_AUGMENT } from './augment-list.js';
import type { BoxHead, TargetStandardization } from './box-head.js';
import type { FormatName, PartlyLabelled } from './formats/annotated-set.js';
import type { Resize } from './letterbox.js';
import type { BoxLoss, BoxUnits } from './losses.js';
import type { BackboneName } from './model.js';
import { TRANSFER_DEFAULTS, type TransferOptions } from './transfer.js';

export const OPTIMIZERS = ['sgd', 'adam', 'adamw'] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export const SCHEDULES = ['constant', 'step', 'cosine'] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

export interface LocalizerConfig extends TransferOptions {
  /** A folder of annotated pictures, absolute; or `null`: generated pictures. */
  readonly data: string | null;
  /** Of that folder; or `null`: told by its files. */
  readonly format: FormatName | null;
  /** Pictures whose object has a class and no box, or a box and no class: left out, or trained on with the losses they have. */
  readonly partlyLabelled: PartlyLabelled;
  /** The share of the pictures that is drawn for validation, in (0, 1); or `null`: the folder says which they are. */
  readonly valFraction: number | null;
  /** `2/5`: validates on the second of five folds; or `null`. */
  readonly fold: string | null;
  /** Names of the classes in the order of the labels; or `null`: all that the data have. */
  readonly classes: readonly string[] | null;
  /** Numbers of generated pictures; ignored with `data`. */
  readonly generatedTrain: number;
  readonly generatedVal: number;
  readonly backbone: BackboneName;
  /** Side of the square that every picture becomes, in pixels. */
  readonly imageSize: number;
  /** `stretch`, or `letterbox`: in its own shape between two bars. */
  readonly resize: Resize;
  /** A method of the package `counterpoise`. */
  readonly balance: string;
  /** `name=value`, as `parseOptions` of `counterpoise` reads them. */
  readonly balanceOptions: readonly string[];
  /** Wrappers round the method, `name=value`, as `parseComposition` of `counterpoise` reads them. */
  readonly balanceWraps: readonly string[];
  /** Where gradients are measured, for methods that ask for them; see `BOUNDARIES`. */
  readonly boundary: Boundary;
  /** Weights on the gradients of what a single loss reaches, such as its head: those of the method, or 1. */
  readonly headGradients: HeadWeighting;
  /** The method weighs every so many steps, and its weights stay in between; 1: every step. */
  readonly balanceEvery: number;
  /** Batches per optimiser step, whose losses and gradients are averaged; with methods that compare batches 1. */
  readonly accumulate: number;
  /** gamma by loss name, see `lossNames`; at least 0. */
  readonly priorities: Readonly<Record<string, number>>;
  /** At least one, each once; several are balanced as losses of their own. */
  readonly boxLosses: readonly BoxLoss[];
  /**
   * `pixels`: of a picture of 224 x 224, see `FRAME`. `unit`: the picture is 1 x 1. `std`: in standard deviations of the
   * training set, with `standardizeTargets` alone.
   */
  readonly boxUnits: BoxUnits;
  /** Where the box loss `smooth-l1` turns from quadratic to linear, in units of the picture; at least 0. */
  readonly smoothL1Beta: number;
  /** `corners`, or `center`: always a valid box, which the losses on the overlap need. */
  readonly boxHead: BoxHead;
  /**
   * The box head gives the distance from the mean training box, in standard deviations, in place of a sigmoid. `true`: those of the
   * training set; `pop-art`: those of the boxes seen so far.
   */
  readonly standardizeTargets: TargetStandardization;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly schedule: ScheduleName;
  /** Epochs in which the learning rate rises linearly from a tenth to its value; may be fractional. */
  readonly warmUp: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Of the initial weights, the order of the pictures, their augmentation, generated pictures and drawn splits. */
  readonly seed: number;
  /** Threads per operator. The same number is needed for the same bits. */
  readonly threads: number;
  /** Random changes of the training pictures as `parseAugmentation` reads them, such as `crop,flip,rotate=15`; or `none`. */
  readonly augment: string;
}

/** An option has an impossible value, or two contradict each other. */
export class OptionError extends RangeError {
  override readonly name = 'OptionError';
}

/** Learning rates that suit weights near 1 / loss (running-max and its like), where each term is near 1 at first. */
export const DEFAULT_LEARNING_RATES: Readonly<Record<OptimizerName, number>> = { sgd: 0.01, adam: 1e-3, adamw: 1e-3 };

export const LOCALIZER_DEFAULTS = {
  data: null,
  format: null,
  partlyLabelled: 'drop',
  valFraction: null,
  fold: null,
  classes: null,
  generatedTrain: 1200,
  generatedVal: 240,
  backbone: 'resnet18',
  imageSize: 64,
  resize: 'stretch',
  balance: 'running-max',
  balanceOptions: [],
  balanceWraps: [],
  boundary: 'parameters',
  headGradients: 'weighted',
  balanceEvery: 1,
  accumulate: 1,
  priorities: {},
  // The best of those measured, see docs/localizer.md.
  boxLosses: ['smooth-l1', 'giou'],
  boxUnits: 'pixels',
  // PyTorch's 1 would be quadratic over the whole picture.
  smoothL1Beta: 0.1,
  standardizeTargets: false,
  optimizer: 'adamw',
  weightDecay: 1e-4,
  schedule: 'cosine',
  epochs: 100,
  batchSize: 8,
  seed: 0,
  ...TRANSFER_DEFAULTS,
  augment: DEFAULT_AUGMENT,
} as const satisfies Partial<LocalizerConfig>;

/**
 * Share of the epochs. The first steps of a random network at full rate make its losses leap, and a running maximum would
 * remember that leap for the whole training.
 */
export const DEFAULT_WARM_UP = 0.1;
