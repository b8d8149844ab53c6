import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import {
  AUGMENTATIONS,
  BACKBONES,
  BATCH_NORM_FREEZES,
  BOX_HEADS,
  BOX_LOSSES,
  BOX_UNITS,
  checkRunConfig,
  checkWeights,
  completeConfig,
  DEFAULT_LEARNING_RATES,
  LOCALIZER_DEFAULTS as DEFAULTS,
  FORMATS,
  FREEZES,
  type LocalizerConfig,
  OPTIMIZERS,
  openTrainingData,
  RESIZES,
  SCHEDULES,
  type TrainingData,
} from '@counterpoise/localization';
import { createRun, openRun, type RunFolder, unmetNeed } from '@counterpoise/training';
import type { Command } from 'commander';
import { methods } from 'counterpoise/catalog';
import { collect, numberFor, parseLocalizerPriorities, wordFor, wordsFor } from '../arguments.js';
import { environmentOf } from '../environment.js';
import type { SetExitCode } from '../errors.js';
import { UsageError } from '../errors.js';
import { freeFolder, requireFree } from '../folders.js';
import { finishRun, trainRun } from '../train-run.js';

interface Options
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
  readonly out?: string;
  readonly resume?: true;
  readonly json?: true;
  readonly checkpointSeconds?: number;
  readonly workers?: number;
}

export function addTrain(program: Command, setExitCode: SetExitCode): void {
  const rates = Object.entries(DEFAULT_LEARNING_RATES).map(([name, rate]) => `${name} ${rate}`);
  const list = (names: readonly string[]) => names.join(' | ');
  const trainable = Object.values(methods).flatMap(({ name, needs }) => (unmetNeed(needs) ? [] : [name]));
  program
    .command('train')
    .description('Train a model.')
    .command('localize')
    .description('Train a network that names and frames the one object of a picture.')
    .option('--data <dir>', 'a folder of pictures with boxes, in VOC, COCO, YOLO or CSV form')
    .option(
      '--format <name>',
      `${list(FORMATS)}: the form of the folder (default: told by its files)`,
      wordFor('format'),
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
    .option('--balance <method>', `${list(trainable)} (default: ${DEFAULTS.balance})`)
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
      `${list(BOX_HEADS)}; center and size are always a valid box (default: ${DEFAULTS.boxHead}; center with giou, diou, ciou)`,
      wordFor('boxHead'),
    )
    .option(
      '--standardize-targets',
      'learn box coordinates minus their mean over their standard deviation in the training set',
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
    .option('--threads <n>', 'threads per operator (default: all cores)', numberFor('threads'))
    .option('--workers <n>', 'threads that change the pictures; the bits are the same (default: 0, none)', parseWorkers)
    .option('--checkpoint-seconds <n>', 'at most this much work is lost to a crash (default: 30)', parseSeconds)
    .option('--out <dir>', 'the run folder (default: a new one in runs/)')
    .option('--resume', 'go on with the run in --out, with its options')
    .option('--json', 'print one JSON object per line')
    .action(async (options: Options, command: Command) => {
      const given = configOf(options, command);
      const { run, data } = options.resume ? await resumed(options, given) : await begun(options, given);
      const mode = options.json ? 'json' : 'auto';
      const result = await trainRun({
        run,
        data,
        mode,
        checkpointSeconds: options.checkpointSeconds,
        workers: options.workers,
      });
      setExitCode(result.exitCode);
      if (result.exitCode === 0) await finishRun(run, result.result, mode);
    });
}

function parseNames(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0))
    throw new UsageError(`--checkpoint-seconds must be 0 or more, got "${text}"`);
  return seconds;
}

function parseWorkers(text: string): number {
  const count = Number(text);
  if (text.trim() === '' || !Number.isInteger(count) || count < 0 || count > 64)
    throw new UsageError(`--workers must be an integer in [0, 64], got "${text}"`);
  return count;
}

/** What the command line says about the config; what it does not mention is absent. */
function configOf(options: Options, command: Command): Partial<LocalizerConfig> {
  const {
    data,
    generated,
    balanceOption,
    balanceWrap,
    priority,
    boxLoss,
    lr,
    weights,
    out,
    resume,
    json,
    checkpointSeconds,
    workers,
    augment,
    ...rest
  } = options;
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

interface Opened {
  readonly run: RunFolder;
  readonly data: TrainingData;
}

async function begun(options: Options, given: Partial<LocalizerConfig>): Promise<Opened> {
  if (given.data === undefined) throw new UsageError('give --data DIR, or --generated for generated pictures');
  const config = completeConfig({ threads: availableParallelism(), ...given });
  const out = options.out ?? freeFolder('localize');
  await requireFree(out);
  // Before the folder is made: what cannot be trained leaves none behind.
  const data = await openTrainingData(config, note);
  for (const notice of checkWeights(config)) note(`${config.weights}: ${notice}`);
  return { run: await createRun(out, { ...config }, environmentOf(config.seed)), data };
}

async function resumed(options: Options, given: Partial<LocalizerConfig>): Promise<Opened> {
  if (options.out === undefined) throw new UsageError('--resume needs --out: the folder of the run');
  if (!existsSync(options.out)) throw new UsageError(`--resume: there is no run in "${options.out}"`);
  const run = await openRun(options.out);
  const config = checkRunConfig(run);
  for (const [name, value] of Object.entries(given)) {
    const kept = config[name as keyof LocalizerConfig];
    if (JSON.stringify(kept) === JSON.stringify(value)) continue;
    const [wanted, had] = [JSON.stringify(value), JSON.stringify(kept)];
    throw new UsageError(
      `--resume: the run in "${options.out}" has "${name}" ${had}, got ${wanted}: leave it out, or start a new run`,
    );
  }
  return { run, data: await openTrainingData(config, note) };
}

function note(notice: string): void {
  process.stderr.write(`note: ${notice}\n`);
}
