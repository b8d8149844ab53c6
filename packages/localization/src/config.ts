/** What a localizer is trained with: the content of a run's config.json. */
import { unmetNeed } from '@counterpoise/training';
import { Balancer, compose, createMethod } from 'counterpoise';
import { methodRow, parseComposition, parseOptions } from 'counterpoise/catalog';
import { DEFAULT_AUGMENT, parseAugmentation } from './augment-list.js';
import { BOX_HEADS, type BoxHead } from './box-head.js';
import { parseFold } from './folder/splits.js';
import { FORMATS, type FormatName } from './formats/annotated-set.js';
import { RESIZES, type Resize } from './letterbox.js';
import { BOX_LOSSES, BOX_UNITS, type BoxLoss, type BoxUnits, lossNames, needsValidBoxes } from './losses.js';
import { BACKBONES, type BackboneName } from './model.js';
import { SHAPE_NAMES } from './shapes.js';
import {
  BATCH_NORM_FREEZES,
  FREEZES,
  TRANSFER_DEFAULTS,
  type TransferOptions,
  transferProblem,
  usesBatchStatistics,
} from './transfer.js';

export const OPTIMIZERS = ['sgd', 'adam', 'adamw'] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export const SCHEDULES = ['constant', 'step', 'cosine'] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

export interface LocalizerConfig extends TransferOptions {
  /** A folder of annotated pictures, absolute; or `null`: generated pictures. */
  readonly data: string | null;
  /** Of that folder; or `null`: told by its files. */
  readonly format: FormatName | null;
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
  /** The box head gives the distance from the mean training box, in standard deviations, in place of a sigmoid. */
  readonly standardizeTargets: boolean;
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
  priorities: {},
  boxLosses: ['mse'],
  boxUnits: 'pixels',
  // PyTorch's 1 would be quadratic over the whole picture.
  smoothL1Beta: 0.1,
  boxHead: 'corners',
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

/** Fills in defaults and checks everything. @throws OptionError that names the option. */
export function completeConfig(given: Partial<LocalizerConfig> & Pick<LocalizerConfig, 'threads'>): LocalizerConfig {
  const { optimizer = LOCALIZER_DEFAULTS.optimizer, epochs = LOCALIZER_DEFAULTS.epochs } = given;
  const { boxLosses = LOCALIZER_DEFAULTS.boxLosses, standardizeTargets } = given;
  return checkConfig({
    ...LOCALIZER_DEFAULTS,
    ...([boxLosses].flat().some(needsValidBoxes) && { boxHead: 'center' }),
    ...(standardizeTargets && { boxUnits: 'std' }),
    learningRate: DEFAULT_LEARNING_RATES[optimizer],
    warmUp: epochs * DEFAULT_WARM_UP,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  });
}

type Check = (name: string, value: unknown) => void;

const CHECKS: { readonly [K in keyof LocalizerConfig]: Check } = {
  data: textOrNull,
  format: orNull(choice(FORMATS)),
  valFraction: orNull(number((value) => value > 0 && value < 1, 'greater than 0 and less than 1')),
  fold: orNull((name, value) => {
    if (typeof value !== 'string' || !parseFold(value)) throw wrong(name, 'like 2/5, the second of five folds', value);
  }),
  classes: orNull(textList),
  generatedTrain: integer(1, 10_000_000),
  generatedVal: integer(1, 10_000_000),
  backbone: choice(BACKBONES),
  imageSize: integer(16, 2048),
  resize: choice(RESIZES),
  balance: methodName,
  balanceOptions: textList,
  balanceWraps: textList,
  priorities: priorityTable,
  boxLosses: boxLossList,
  boxUnits: choice(BOX_UNITS),
  smoothL1Beta: number((value) => value >= 0, 'of 0 or more'),
  boxHead: choice(BOX_HEADS),
  standardizeTargets: flag,
  optimizer: choice(OPTIMIZERS),
  learningRate: number((value) => value > 0, 'greater than 0'),
  weightDecay: number((value) => value >= 0, 'of 0 or more'),
  schedule: choice(SCHEDULES),
  warmUp: number((value) => value >= 0, 'of 0 or more'),
  epochs: integer(1, 1_000_000),
  batchSize: integer(1, 65_536),
  seed: integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  threads: integer(1, 1024),
  weights: textOrNull,
  freeze: choice(FREEZES),
  freezeBatchNorm: choice(BATCH_NORM_FREEZES),
  backboneLr: number((value) => value > 0, 'greater than 0'),
  headsFirst: integer(0, 1_000_000),
  ema: orNull(number((decay) => decay >= 0 && decay < 1, 'of 0 or more and less than 1')),
  augment: augmentList,
};

/** Checks one option on its own. @throws OptionError that names it. */
export function checkOption(name: keyof LocalizerConfig, value: unknown): void {
  CHECKS[name](name, value);
}

/** @throws OptionError if an option is missing, unknown or wrong, also where it comes from an edited config.json. */
export function checkConfig(config: { readonly [option: string]: unknown }): LocalizerConfig {
  const unknown = Object.keys(config).find((name) => !Object.hasOwn(CHECKS, name));
  if (unknown !== undefined) throw new OptionError(`there is no option "${unknown}"`);
  for (const name of Object.keys(CHECKS) as (keyof LocalizerConfig)[]) checkOption(name, config[name]);
  const checked = config as unknown as LocalizerConfig;
  if (checked.valFraction !== null && checked.fold !== null) {
    throw new OptionError('"valFraction" and "fold" exclude each other: give one');
  }
  checkBoxOptions(checked);
  createConfiguredBalancer(checked);
  // The last stage of the network sees pictures of imageSize / 32, and variance needs two values per channel.
  const values = checked.batchSize * Math.ceil(checked.imageSize / 32) ** 2;
  if (values < 2 && usesBatchStatistics(checked)) {
    throw new OptionError(
      `"batchSize" must be at least 2 at image size ${checked.imageSize}: batch normalisation needs more than one value`,
    );
  }
  const strange =
    checked.data === null && checked.classes?.find((name) => !(SHAPE_NAMES as readonly string[]).includes(name));
  if (strange) {
    throw new OptionError(`"classes" of generated pictures must be of ${SHAPE_NAMES.join(', ')}, got "${strange}"`);
  }
  if (checked.warmUp >= checked.epochs && checked.warmUp > 0) {
    throw new OptionError(`"warmUp" must be less than the ${checked.epochs} epochs, got ${checked.warmUp}`);
  }
  const problem = transferProblem(checked, checked.epochs);
  if (problem) throw new OptionError(problem);
  return checked;
}

function checkBoxOptions({ boxLosses, boxHead, boxUnits, standardizeTargets, priorities }: LocalizerConfig): void {
  const overlap = boxLosses.find(needsValidBoxes);
  if (overlap && boxHead !== 'center') {
    throw new OptionError(
      `"boxHead" must be center with the box loss ${overlap}, which needs valid boxes, got "${boxHead}"`,
    );
  }
  if (boxUnits === 'std' && !standardizeTargets) {
    throw new OptionError('"boxUnits" std needs "standardizeTargets": without it there are no standard deviations');
  }
  const names = lossNames(boxLosses);
  const strange = Object.keys(priorities).find((loss) => !names.includes(loss));
  if (strange !== undefined) {
    throw new OptionError(`"priorities" must be of the losses ${names.join(', ')}, got "${strange}"`);
  }
}

/** @throws CounterpoiseError if method, options and priorities do not fit, OptionError if the method needs gradients. */
export function createConfiguredBalancer(config: LocalizerConfig): Balancer {
  const { balance, balanceOptions, balanceWraps, priorities, boxLosses } = config;
  const method = createMethod(balance, parseOptions(balance, balanceOptions));
  const wrapped = compose(method, parseComposition(balanceWraps));
  const balancer = new Balancer(wrapped, { priorities, tasks: lossNames(boxLosses) });
  const unmet = unmetNeed(balancer.method.needs);
  if (unmet) {
    throw new OptionError(
      `"balance" ${balance} needs "${unmet}" of the losses, which the training of a localizer does not measure yet: choose a method that needs losses and epoch alone`,
    );
  }
  return balancer;
}

function orNull(check: Check): Check {
  return (name, value) => {
    if (value !== null) check(name, value);
  };
}

function integer(minimum: number, maximum: number): Check {
  return (name, value) => {
    if (Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum) return;
    throw wrong(name, `an integer in [${minimum}, ${maximum}]`, value);
  };
}

function number(fits: (value: number) => boolean, right: string): Check {
  return (name, value) => {
    if (typeof value !== 'number' || !Number.isFinite(value) || !fits(value)) {
      throw wrong(name, `a number ${right}`, value);
    }
  };
}

function choice(choices: readonly string[]): Check {
  return (name, value) => {
    if (!choices.includes(value as string)) throw wrong(name, `one of ${choices.join(', ')}`, value);
  };
}

function boxLossList(name: string, value: unknown): void {
  const known = Array.isArray(value) && value.every((loss) => (BOX_LOSSES as readonly unknown[]).includes(loss));
  if (known && value.length > 0 && new Set(value).size === value.length) return;
  throw wrong(name, `one of ${BOX_LOSSES.join(', ')}, or several different ones`, value);
}

function flag(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw wrong(name, 'true or false', value);
}

function augmentList(name: string, value: unknown): void {
  if (typeof value !== 'string') throw wrong(name, 'a list of changes, or none', value);
  try {
    parseAugmentation(value);
  } catch (error) {
    throw new OptionError((error as Error).message, { cause: error });
  }
}

function textOrNull(name: string, value: unknown): void {
  if (value !== null && (typeof value !== 'string' || value === '')) throw wrong(name, 'a path', value);
}

function textList(name: string, value: unknown): void {
  if (!Array.isArray(value) || value.some((text) => typeof text !== 'string'))
    throw wrong(name, 'a list of texts', value);
}

function methodName(name: string, value: unknown): void {
  if (typeof value !== 'string') throw wrong(name, 'the name of a method', value);
  methodRow(value);
}

function priorityTable(name: string, value: unknown): void {
  const given = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  if (!given) throw wrong(name, 'an object of numbers by loss', value);
  for (const [loss, priority] of Object.entries(given)) {
    if (typeof priority !== 'number' || !(priority >= 0 && Number.isFinite(priority))) {
      throw wrong(`${name}" of loss "${loss}`, 'a number of 0 or more', priority);
    }
  }
}

function wrong(name: string, right: string, value: unknown): OptionError {
  return new OptionError(`"${name}" must be ${right}, got ${JSON.stringify(value) ?? String(value)}`);
}
