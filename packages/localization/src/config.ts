/** What a localizer is trained with: the content of a run's config.json. */
import { unmetNeed } from '@counterpoise/training';
import { type Balancer, createBalancer } from 'counterpoise';
import { methodRow, parseOptions } from 'counterpoise/catalog';
import { BOX_LOSSES, BOX_UNITS, type BoxLoss, type BoxUnits, LOSSES } from './losses.js';
import { BACKBONES, type BackboneName } from './model.js';
import { SHAPE_NAMES } from './shapes.js';

export const OPTIMIZERS = ['sgd', 'adam', 'adamw'] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export const SCHEDULES = ['constant', 'step', 'cosine'] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

export interface LocalizerConfig {
  /** A Pascal VOC folder, absolute; or `null`: generated pictures. */
  readonly data: string | null;
  /** Names of the classes in the order of the labels; or `null`: all that the data have. */
  readonly classes: readonly string[] | null;
  /** Numbers of generated pictures; ignored with `data`. */
  readonly generatedTrain: number;
  readonly generatedVal: number;
  readonly backbone: BackboneName;
  /** Side of the square that every picture is stretched to, in pixels. */
  readonly imageSize: number;
  /** A method of the package `counterpoise`. */
  readonly balance: string;
  /** `name=value`, as `parseOptions` of `counterpoise` reads them. */
  readonly balanceOptions: readonly string[];
  /** gamma by loss name, `class` and `box`; at least 0. */
  readonly priorities: Readonly<Record<string, number>>;
  readonly boxLoss: BoxLoss;
  /** `pixels`: of a picture of 224 x 224, see `FRAME`. `unit`: the picture is 1 x 1. */
  readonly boxUnits: BoxUnits;
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
  /** A safetensors file with the weights of the backbone, absolute; or `null`: random weights. */
  readonly weights: string | null;
  /** Random crops that keep the object, horizontal flips and colour changes. */
  readonly augment: boolean;
}

/** An option has an impossible value, or two contradict each other. */
export class OptionError extends RangeError {
  override readonly name = 'OptionError';
}

/** Learning rates that suit weights near 1 / loss (running-max and its like), where each term is near 1 at first. */
export const DEFAULT_LEARNING_RATES: Readonly<Record<OptimizerName, number>> = { sgd: 0.01, adam: 1e-3, adamw: 1e-3 };

export const LOCALIZER_DEFAULTS = {
  data: null,
  classes: null,
  generatedTrain: 1200,
  generatedVal: 240,
  backbone: 'resnet18',
  imageSize: 64,
  balance: 'running-max',
  balanceOptions: [],
  priorities: {},
  boxLoss: 'mse',
  boxUnits: 'pixels',
  optimizer: 'adamw',
  weightDecay: 1e-4,
  schedule: 'cosine',
  epochs: 100,
  batchSize: 8,
  seed: 0,
  weights: null,
  augment: true,
} as const satisfies Partial<LocalizerConfig>;

/**
 * Share of the epochs. The first steps of a random network at full rate make its losses leap, and a running maximum would
 * remember that leap for the whole training.
 */
export const DEFAULT_WARM_UP = 0.1;

/** Fills in defaults and checks everything. @throws OptionError that names the option. */
export function completeConfig(given: Partial<LocalizerConfig> & Pick<LocalizerConfig, 'threads'>): LocalizerConfig {
  const { optimizer = LOCALIZER_DEFAULTS.optimizer, epochs = LOCALIZER_DEFAULTS.epochs } = given;
  return checkConfig({
    ...LOCALIZER_DEFAULTS,
    learningRate: DEFAULT_LEARNING_RATES[optimizer],
    warmUp: epochs * DEFAULT_WARM_UP,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  });
}

type Check = (name: string, value: unknown) => void;

const CHECKS: { readonly [K in keyof LocalizerConfig]: Check } = {
  data: textOrNull,
  classes: (name, value) => {
    if (value !== null) textList(name, value);
  },
  generatedTrain: integer(1, 10_000_000),
  generatedVal: integer(1, 10_000_000),
  backbone: choice(BACKBONES),
  imageSize: integer(16, 2048),
  balance: methodName,
  balanceOptions: textList,
  priorities: priorityTable,
  boxLoss: choice(BOX_LOSSES),
  boxUnits: choice(BOX_UNITS),
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
  augment: (name, value) => {
    if (typeof value !== 'boolean') throw wrong(name, 'true or false', value);
  },
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
  createConfiguredBalancer(checked);
  // The last stage of the network sees pictures of imageSize / 32, and variance needs two values per channel.
  const values = checked.batchSize * Math.ceil(checked.imageSize / 32) ** 2;
  if (values < 2) {
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
  return checked;
}

/** @throws CounterpoiseError if method, options and priorities do not fit, OptionError if the method needs gradients. */
export function createConfiguredBalancer(config: LocalizerConfig): Balancer {
  const { balance, balanceOptions, priorities } = config;
  const options = parseOptions(balance, balanceOptions);
  const balancer = createBalancer(balance, { options, priorities, tasks: LOSSES });
  const unmet = unmetNeed(balancer.method.needs);
  if (unmet) {
    throw new OptionError(
      `"balance" ${balance} needs "${unmet}" of the losses, which the training of a localizer does not measure yet: choose a method that needs losses and epoch alone`,
    );
  }
  return balancer;
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
    if (!(LOSSES as readonly string[]).includes(loss)) {
      throw new OptionError(`"${name}" must be of the losses ${LOSSES.join(', ')}, got "${loss}"`);
    }
    if (typeof priority !== 'number' || !(priority >= 0 && Number.isFinite(priority))) {
      throw wrong(`${name}" of loss "${loss}`, 'a number of 0 or more', priority);
    }
  }
}

function wrong(name: string, right: string, value: unknown): OptionError {
  return new OptionError(`"${name}" must be ${right}, got ${JSON.stringify(value) ?? String(value)}`);
}
