import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  Evaluator,
  FORMATS,
  type FormatName,
  type LocalizationDataset,
  openTrained,
  openTrainingData,
  readDataset,
  type TrainedLocalizer,
  writeEvaluationReport,
} from '@counterpoise/localization';
import { hasSeeds, isPpoRun, openSeeds } from '@counterpoise/ppo';
import { openRun } from '@counterpoise/training';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { numberFor } from '../arguments.js';
import { UsageError } from '../errors.js';
import { evaluatePpo } from '../ppo/evaluate.js';

interface Options {
  readonly data?: string;
  readonly format?: FormatName;
  readonly split?: string;
  readonly threads?: number;
  readonly episodes?: number;
  readonly seed?: number;
  readonly draw?: string;
  readonly report?: string;
  readonly json?: true;
}

export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description(
      'Measure what was trained. A localizer: accuracy (top 1), mean IoU, localization accuracy (right class and IoU >= 0.5). A policy of PPO: returns of whole episodes, always with the likeliest action.',
    )
    .argument('<run>', 'the run folder')
    .option(
      '--data <dir>',
      'a folder in VOC, COCO, YOLO or CSV form (default: the validation pictures of the training)',
    )
    .addOption(new Option('--format <name>', 'the form of the folder (default: told by its files)').choices(FORMATS))
    .option('--split <name>', 'train, val, or a list that the folder has (default: every annotated item)')
    .option('--threads <n>', 'threads per operator (default: all cores)', numberFor('threads'))
    .option('--episodes <n>', 'of a policy: how many (default: 10)', parseEpisodes)
    .option('--seed <integer>', 'of a policy: of the starts of the episodes (default: that of the training)', integer)
    .option('--draw <file.svg>', 'of a policy: draw the first episode as an animated SVG')
    .option('--report <file>', 'write a page with all there is to see')
    .option('--json', 'print one JSON object')
    .action(async (path: string, options: Options) => {
      if (hasSeeds(path)) {
        const one = join(path, `seed-${(await openSeeds(path)).seeds[0]}`);
        throw new UsageError(`"${path}" holds runs of several seeds: evaluate one, such as ${one}`);
      }
      const isPolicy = isPpoRun(await openRun(path));
      const others = isPolicy ? OF_LOCALIZER : OF_POLICY;
      const stray = others.find((name) => options[name] !== undefined);
      if (stray)
        throw new UsageError(`--${stray} does not go with "${path}", a run of ${isPolicy ? 'PPO' : 'a localizer'}`);
      await (isPolicy ? evaluatePpo(path, options) : evaluateLocalizer(path, options));
    });
}

const OF_LOCALIZER = ['data', 'format', 'split', 'threads'] as const;
const OF_POLICY = ['episodes', 'seed', 'draw'] as const;

function integer(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be an integer.');
  return Number(text);
}

function parseEpisodes(text: string): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('It must be an integer >= 1.');
  return count;
}

async function evaluateLocalizer(path: string, options: Options): Promise<void> {
  const trained = await openTrained(path);
  const dataset = await openDataset(trained, options);
  const { config, model, imageSize } = trained;
  const threads = options.threads ?? availableParallelism();
  const evaluator = await Evaluator.compile(model, { ...config, imageSize, threads });
  try {
    const evaluation = await evaluator.evaluate(dataset);
    if (!evaluation) throw new Error('internal: an evaluation without a signal was aborted');
    const { metrics, losses } = evaluation;
    if (options.report !== undefined) {
      await writeEvaluationReport(options.report, { run: trained.run, dataset, evaluation });
    }
    const rejected = dataset.rejected.length;
    if (options.json) {
      const result = { run: path, checkpoint: trained.checkpoint, ...metrics, losses, rejected };
      process.stdout.write(`${JSON.stringify(result)}\n`);
      return;
    }
    process.stdout.write(
      [
        `images                 ${metrics.images}${rejected > 0 ? ` (${rejected} left out)` : ''}`,
        `accuracy               ${percent(metrics.accuracy)}`,
        `mean IoU               ${Number.isNaN(metrics.meanIou) ? UNKNOWN : metrics.meanIou.toFixed(3)}`,
        `box accuracy           ${percent(metrics.boxAccuracy)}`,
        `localization accuracy  ${percent(metrics.localizationAccuracy)}`,
        '',
      ].join('\n'),
    );
  } finally {
    evaluator.release();
  }
}

/** Of what no picture has the truth for. */
const UNKNOWN = '–';

function percent(share: number): string {
  return Number.isNaN(share) ? UNKNOWN : `${(100 * share).toFixed(1)} %`;
}

async function openDataset(trained: TrainedLocalizer, { data, format, split }: Options): Promise<LocalizationDataset> {
  const onNotice = (notice: string) => void process.stderr.write(`note: ${notice}\n`);
  const { classes, imageSize, config } = trained;
  if (data === undefined) {
    if (split !== undefined) throw new UsageError('--split needs --data: the folder that has the list');
    if (format !== undefined) throw new UsageError('--format needs --data: the folder that has the form');
    return (await openTrainingData(config, onNotice)).val;
  }
  const { partlyLabelled, resize, seed } = config;
  return readDataset(data, { format, partlyLabelled, split, classes, imageSize, resize, seed, onNotice });
}
