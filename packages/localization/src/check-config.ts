/** What is possible in a config, option by option and together. */
import { BOUNDARIES, gradientNeeds, HEAD_WEIGHTINGS } from '@counterpoise/training';
import { methodRow } from 'counterpoise/catalog';
import { parseAugmentation } from './augment-list.js';
import { BOX_HEADS, TARGET_STANDARDIZATIONS } from './box-head.js';
import {
  DEFAULT_LEARNING_RATES,
  DEFAULT_WARM_UP,
  LOCALIZER_DEFAULTS,
  type LocalizerConfig,
  OPTIMIZERS,
  OptionError,
  SCHEDULES,
} from './config.js';
import { createConfiguredBalancer } from './configured-balancer.js';
import { parseFold } from './folder/splits.js';
import { FORMATS, PARTLY_LABELLED } from './formats/annotated-set.js';
import { RESIZES } from './letterbox.js';
import { BOX_LOSSES, BOX_UNITS, needsValidBoxes, priorityNames } from './losses.js';
import { BACKBONES } from './model.js';
import { type Check, choice, integer, number, orNull, textList, textOrNull, wrong } from './option-checks.js';
import { SHAPE_NAMES } from './shapes.js';
import { BATCH_NORM_FREEZES, FREEZES, transferProblem, usesBatchStatistics } from './transfer.js';

/** Fills in defaults and checks everything. @throws OptionError that names the option. */
export function completeConfig(given: Partial<LocalizerConfig> & Pick<LocalizerConfig, 'threads'>): LocalizerConfig {
  const { optimizer = LOCALIZER_DEFAULTS.optimizer, epochs = LOCALIZER_DEFAULTS.epochs } = given;
  const { boxLosses = LOCALIZER_DEFAULTS.boxLosses, standardizeTargets } = given;
  return checkConfig({
    ...LOCALIZER_DEFAULTS,
    boxHead: [boxLosses].flat().some(needsValidBoxes) ? 'center' : 'corners',
    ...(standardizeTargets && { boxUnits: 'std' }),
    learningRate: DEFAULT_LEARNING_RATES[optimizer],
    warmUp: epochs * DEFAULT_WARM_UP,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  });
}

const CHECKS: { readonly [K in keyof LocalizerConfig]: Check } = {
  data: textOrNull,
  format: orNull(choice(FORMATS)),
  partlyLabelled: choice(PARTLY_LABELLED),
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
  boundary: choice(BOUNDARIES),
  headGradients: choice(HEAD_WEIGHTINGS),
  balanceEvery: integer(1, 1_000_000_000),
  accumulate: integer(1, 1_000_000),
  priorities: priorityTable,
  boxLosses: boxLossList,
  boxUnits: choice(BOX_UNITS),
  smoothL1Beta: number((value) => value >= 0, 'of 0 or more'),
  boxHead: choice(BOX_HEADS),
  standardizeTargets: choice(TARGET_STANDARDIZATIONS),
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
  checkBalance(checked);
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

function checkBalance(config: LocalizerConfig): void {
  const { balancer, stage } = createConfiguredBalancer(config);
  const { needs } = balancer.method;
  const { balance, boundary, accumulate, boxLosses, freeze, headsFirst } = config;
  if (gradientNeeds(needs).length === 0 && !stage) return;
  if (stage && boundary !== 'parameters') {
    throw new OptionError(
      `"boundary" must be parameters with ${balance}, which works on whole gradients, got "${boundary}"`,
    );
  }
  if (accumulate > 1 && needs.includes('crossGramian')) {
    throw new OptionError(`"accumulate" must be 1 with ${balance}, which compares batches, got ${accumulate}`);
  }
  if (boundary !== 'parameters' && boundary !== 'last-layer' && needs.includes('crossGramian')) {
    throw new OptionError(`"boundary" must be parameters or last-layer with ${balance}, got "${boundary}"`);
  }
  // Of several box losses, at least the box head is shared.
  const sharesNothing = boundary !== 'output' && (boundary !== 'parameters' || boxLosses.length === 1);
  if (sharesNothing && (freeze === 'backbone' || headsFirst > 0)) {
    const frozen = headsFirst > 0 ? 'headsFirst' : 'freeze';
    throw new OptionError(`"${frozen}" leaves the losses no shared parameter whose gradients ${balance} could measure`);
  }
}

function checkBoxOptions({ boxLosses, boxHead, boxUnits, standardizeTargets, priorities }: LocalizerConfig): void {
  const overlap = boxLosses.find(needsValidBoxes);
  if (overlap && boxHead !== 'center') {
    throw new OptionError(
      `"boxHead" must be center with the box loss ${overlap}, which needs valid boxes, got "${boxHead}"; for others choose "boxLosses" mse, l1 or smooth-l1`,
    );
  }
  if (boxUnits === 'std' && !standardizeTargets) {
    throw new OptionError('"boxUnits" std needs "standardizeTargets": without it there are no standard deviations');
  }
  const names = priorityNames(boxLosses);
  const strange = Object.keys(priorities).find((loss) => !names.includes(loss));
  if (strange !== undefined) {
    throw new OptionError(`"priorities" must be of the losses ${names.join(', ')}, got "${strange}"`);
  }
}

function boxLossList(name: string, value: unknown): void {
  const known = Array.isArray(value) && value.every((loss) => (BOX_LOSSES as readonly unknown[]).includes(loss));
  if (known && value.length > 0 && new Set(value).size === value.length) return;
  throw wrong(name, `one of ${BOX_LOSSES.join(', ')}, or several different ones`, value);
}

function augmentList(name: string, value: unknown): void {
  if (typeof value !== 'string') throw wrong(name, 'a list of changes, or none', value);
  try {
    parseAugmentation(value);
  } catch (error) {
    throw new OptionError((error as Error).message, { cause: error });
  }
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
