import { availableParallelism } from 'node:os';
import {
  Evaluator,
  type LocalizationDataset,
  openTrained,
  openTrainingData,
  readVoc,
  type TrainedLocalizer,
} from '@counterpoise/localization';
import type { Command } from 'commander';
import { numberFor } from '../arguments.js';
import { UsageError } from '../errors.js';

interface Options {
  readonly data?: string;
  readonly split?: string;
  readonly threads?: number;
  readonly json?: true;
}

export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description(
      'Measure a trained localizer: accuracy (top 1), mean IoU, localization accuracy (right class and IoU >= 0.5).',
    )
    .argument('<run>', 'the run folder')
    .option('--data <dir>', 'a Pascal VOC folder (default: the validation pictures of the training)')
    .option('--split <name>', 'a list of ImageSets/Main of the folder (default: every annotated item)')
    .option('--threads <n>', 'threads per operator (default: all cores)', numberFor('threads'))
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

async function openDataset(trained: TrainedLocalizer, { data, split }: Options): Promise<LocalizationDataset> {
  const onNotice = (notice: string) => void process.stderr.write(`note: ${notice}\n`);
  const { classes, imageSize, config } = trained;
  if (data === undefined) {
    if (split !== undefined) throw new UsageError('--split needs --data: the folder that has the list');
    return (await openTrainingData(config, onNotice)).val;
  }
  const chosen = split === undefined ? {} : { split };
  return readVoc(data, { ...chosen, classes, imageSize, seed: config.seed, onNotice });
}
