/** The options of the command line that say what is trained and how: a config of the localizer. */
import { resolve } from 'node:path';
import {
  AUGMENTATIONS,
  BACKBONES,
  BATCH_NORM_FREEZES,
  BOX_HEADS,
  BOX_LOSSES,
  BOX_UNITS,
  DEFAULT_LEARNING_RATES,
  LOCALIZER_DEFAULTS as DEFAULTS,
  FORMATS,
  FREEZES,
  type LocalizerConfig,
  OPTIMIZERS,
  PARTLY_LABELLED,
  RESIZES,
  SCHEDULES,
} from '@counterpoise/localization';
import { BOUNDARIES, HEAD_WEIGHTINGS } from '@counterpoise/training';
import type { Command } from 'commander';
import { allMethods } from 'counterpoise/catalog';
import { collect, numberFor, parseLocalizerPriorities, parseStandardization, wordFor, wordsFor } from './arguments.js';
import { UsageError } from './errors.js';

export interface JobFlags
  extends Partial<
    Omit<
      LocalizerConfig,
      'data' | 'balanceOptions' | 'balanceWraps' | 'priorities' | 'learningRate' | 'boxLosses' | 'augment'
    >
  > {
  readonly data?: string;
  readonly generated?: true;
  readonly balanceOption?: readonly string[];
  readonly balanceWrap?: readonly string[];
  readonly priority?: Readonly<Record<string, number>>;
  readonly boxLoss?: LocalizerConfig['boxLosses'];
  readonly lr?: number;
  /** false: `--no-augment`. */
  readonly augment?: string | false;
}

export function addJobOptions(command: Command): Command {
  const rates = Object.entries(DEFAULT_LEARNING_RATES).map(([name, rate]) => `${name} ${rate}`);
  const list = (names: readonly string[]) => names.join(' | ');
  return command
    .option('--data <dir>', 'a folder of pictures with boxes, in VOC, COCO, YOLO or CSV form')
    .option(
      '--format <name>',
      `${list(FORMATS)}: the form of the folder (default: told by its files)`,
      wordFor('format'),
    )
    .option(
      '--partly-labelled <what>',
      `${list(PARTLY_LABELLED)}: pictures with a class and no box, or a box and no class (default: ${DEFAULTS.partlyLabelled})`,
      wordFor('partlyLabelled'),
    )
    .option(
      '--val-fraction <share>',
      'draw this share of every class for validation (default: as the folder says, else 0.2)',
      numberFor('valFraction'),
    )
    .option('--fold <i/k>', 'cross-validation: validate on the i-th of k folds, train on the others', wordFor('fold'))
    .option(
      '--classes <name,...>',
      'class names in the order of the labels (default: all that the data have)',
      parseNames,
    )
    .option('--generated', 'generated pictures of six shapes instead of a folder')
    .option(
      '--generated-train <n>',
      `how many to train on (default: ${DEFAULTS.generatedTrain})`,
      numberFor('generatedTrain'),
    )
    .option(
      '--generated-val <n>',
      `how many to validate on (default: ${DEFAULTS.generatedVal})`,
      numberFor('generatedVal'),
    )
    .option('--backbone <name>', `${list(BACKBONES)} (default: ${DEFAULTS.backbone})`, wordFor('backbone'))
    .option('--weights <file>', 'safetensors or .pth file with the weights of the backbone (default: random weights)')
    .option(
      '--freeze <part>',
      `${list(FREEZES)}: what does not learn; needs --weights (default: ${DEFAULTS.freeze})`,
      wordFor('freeze'),
    )
    .option(
      '--heads-first <epochs>',
      `at first the heads alone learn; needs --weights (default: ${DEFAULTS.headsFirst})`,
      numberFor('headsFirst'),
    )
    .option(
      '--backbone-lr <factor>',
      `on the learning rate of the backbone, such as 0.1 (default: ${DEFAULTS.backboneLr})`,
      numberFor('backboneLr'),
    )
    .option(
      '--freeze-batch-norm <part>',
      `${list(BATCH_NORM_FREEZES)}: what the batch normalisation of the backbone keeps, running statistics, or its scales and shifts too; needs --weights (default: ${DEFAULTS.freezeBatchNorm})`,
      wordFor('freezeBatchNorm'),
    )
    .option(
      '--ema <decay>',
      'validate and keep the moving average of the weights, with this decay, such as 0.999 (default: none)',
      numberFor('ema'),
    )
    .option(
      '--image-size <pixels>',
      `side of the network's input (default: ${DEFAULTS.imageSize})`,
      numberFor('imageSize'),
    )
    .option(
      '--resize <how>',
      `${list(RESIZES)}: how a picture becomes a square; letterbox keeps its shape between bars (default: ${DEFAULTS.resize})`,
      wordFor('resize'),
    )
    .option('--balance <method>', `${list(Object.keys(allMethods))} (default: ${DEFAULTS.balance})`)
    .option(
      '--balance-option <name=value>',
      'option of the method, repeatable; see "counterpoise methods NAME"',
      collect,
    )
    .option(
      '--balance-wrap <name=value>',
      'wrapper round the method, repeatable: normalize=METHOD, smooth, clamp, update-every, warm-up, freeze-after',
      collect,
    )
    .option(
      '--balance-every <steps>',
      `weigh every so many steps and keep the weights in between (default: ${DEFAULTS.balanceEvery})`,
      numberFor('balanceEvery'),
    )
    .option(
      '--boundary <name>',
      `${list(BOUNDARIES)}: where gradients are measured, for methods that ask for them (default: ${DEFAULTS.boundary})`,
      wordFor('boundary'),
    )
    .option(
      '--head-gradients <how>',
      `${list(HEAD_WEIGHTINGS)}: gradients of what a single loss reaches, times the weight of the method or 1 (default: ${DEFAULTS.headGradients})`,
      wordFor('headGradients'),
    )
    .option(
      '--accumulate <batches>',
      `batches per step, whose losses and gradients are averaged (default: ${DEFAULTS.accumulate})`,
      numberFor('accumulate'),
    )
    .option(
      '--priority <loss=number,...>',
      'priority of a loss, such as class=1,box=2 (default: 1 each)',
      parseLocalizerPriorities,
    )
    .option(
      '--box-loss <name,...>',
      `${list(BOX_LOSSES)}; several are balanced one by one, each under its name (default: ${DEFAULTS.boxLosses})`,
      wordsFor('boxLosses'),
    )
    .option(
      '--box-units <unit>',
      `${list(BOX_UNITS)}: in which the box loss is told; pixels are those of a picture of 224 x 224 (default: ${DEFAULTS.boxUnits}; std with --standardize-targets)`,
      wordFor('boxUnits'),
    )
    .option(
      '--smooth-l1-beta <number>',
      `where smooth-l1 turns linear, in units of the picture (default: ${DEFAULTS.smoothL1Beta})`,
      numberFor('smoothL1Beta'),
    )
    .option(
      '--box-head <name>',
      `${list(BOX_HEADS)}; center and size are always a valid box (default: center with giou, diou, ciou, else corners)`,
      wordFor('boxHead'),
    )
    .option(
      '--standardize-targets [how]',
      'learn box coordinates minus their mean over their standard deviation: those of the training set, or with "pop-art" those of the boxes seen so far',
      parseStandardization,
    )
    .option(
      '--optimizer <name>',
      `${list(OPTIMIZERS)}; sgd has momentum 0.9 (default: ${DEFAULTS.optimizer})`,
      wordFor('optimizer'),
    )
    .option('--lr <number>', `learning rate (default: ${rates.join(', ')})`, numberFor('learningRate'))
    .option(
      '--weight-decay <number>',
      `not on biases and scales (default: ${DEFAULTS.weightDecay})`,
      numberFor('weightDecay'),
    )
    .option(
      '--schedule <name>',
      `${list(SCHEDULES)}: of the learning rate; step divides it by 10 after each third (default: ${DEFAULTS.schedule})`,
      wordFor('schedule'),
    )
    .option(
      '--warm-up <epochs>',
      'in which the learning rate rises from a tenth; may be fractional (default: a tenth of the epochs)',
      numberFor('warmUp'),
    )
    .option('--epochs <n>', `passes over the training pictures (default: ${DEFAULTS.epochs})`, numberFor('epochs'))
    .option('--batch-size <n>', `pictures per step (default: ${DEFAULTS.batchSize})`, numberFor('batchSize'))
    .option(
      '--augment <change[=strength],...>',
      `${list(Object.keys(AUGMENTATIONS))}: random changes of the training pictures, or none (default: ${DEFAULTS.augment})`,
      wordFor('augment'),
    )
    .option('--no-augment', 'the same as --augment none')
    .option('--seed <integer>', `of everything random (default: ${DEFAULTS.seed})`, numberFor('seed'))
    .option('--threads <n>', 'threads per operator (default: all cores)', numberFor('threads'));
}

function parseNames(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

/** What the command line says about the config; what it does not mention is absent. */
export function configOf(flags: JobFlags, command: Command): Partial<LocalizerConfig> {
  const { data, generated, balanceOption, balanceWrap, priority, boxLoss, lr, weights, augment, ...rest } = flags;
  if (data !== undefined && generated) throw new UsageError('--data and --generated exclude each other: give one');
  const isGiven = (name: string) => command.getOptionValueSource(name) === 'cli';
  return {
    ...rest,
    ...(data !== undefined && { data: resolve(data) }),
    ...(generated && { data: null }),
    ...(balanceOption && { balanceOptions: balanceOption }),
    ...(balanceWrap && { balanceWraps: balanceWrap }),
    ...(priority && { priorities: priority }),
    ...(boxLoss && { boxLosses: boxLoss }),
    ...(lr !== undefined && { learningRate: lr }),
    ...(weights != null && { weights: resolve(weights) }),
    ...(isGiven('augment') && { augment: augment || 'none' }),
  };
}
