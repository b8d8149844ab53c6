import { availableParallelism } from 'node:os';
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
import { type Command, Option } from 'commander';
import { numberFor } from '../arguments.js';
import { UsageError } from '../errors.js';

interface Options {
  readonly data?: string;
  readonly format?: FormatName;
  readonly split?: string;
  readonly threads?: number;
  readonly report?: string;
  readonly json?: true;
}

export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description(
      'Measure a trained localizer: accuracy (top 1), mean IoU, localization accuracy (right class and IoU >= 0.5).',
    )
    .argument('<run>', 'the run folder')
    .option(
      '--data <dir>',
      'a folder in VOC, COCO, YOLO or CSV form (default: the validation pictures of the training)',
    )
    .addOption(new Option('--format <name>', 'the form of the folder (default: told by its files)').choices(FORMATS))
    .option('--split <name>', 'train, val, or a list that the folder has (default: every annotated item)')
    .option('--threads <n>', 'threads per operator (default: all cores)', numberFor('threads'))
    .option('--report <file>', 'write a page with classes, confusions, overlaps and pictures')
    .option('--json', 'print one JSON object')
    .action(async (path: string, options: Options) => {
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
            `accuracy               ${(100 * metrics.accuracy).toFixed(1)} %`,
            `mean IoU               ${metrics.meanIou.toFixed(3)}`,
            `box accuracy           ${(100 * metrics.boxAccuracy).toFixed(1)} %`,
            `localization accuracy  ${(100 * metrics.localizationAccuracy).toFixed(1)} %`,
            '',
          ].join('\n'),
        );
      } finally {
        evaluator.release();
      }
    });
}

async function openDataset(trained: TrainedLocalizer, { data, format, split }: Options): Promise<LocalizationDataset> {
  const onNotice = (notice: string) => void process.stderr.write(`note: ${notice}\n`);
  const { classes, imageSize, config } = trained;
  if (data === undefined) {
    if (split !== undefined) throw new UsageError('--split needs --data: the folder that has the list');
    if (format !== undefined) throw new UsageError('--format needs --data: the folder that has the form');
    return (await openTrainingData(config, onNotice)).val;
  }
  return readDataset(data, { format, split, classes, imageSize, resize: config.resize, seed: config.seed, onNotice });
}
