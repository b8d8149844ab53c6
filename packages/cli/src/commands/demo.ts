import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  asReportPicture,
  completeConfig,
  drawSamples,
  type Evaluation,
  type LocalizerConfig,
  openTrainingData,
  pickSamples,
  readEnvironment,
  type TrainingData,
} from '@counterpoise/localization';
import {
  alignedTable,
  createRun,
  curvesFrom,
  formatCell,
  type ReportTable,
  type RunFolder,
  readMetrics,
  renderReport,
  writeFileAtomic,
} from '@counterpoise/training';
import type { Command } from 'commander';
import { numberFor } from '../arguments.js';
import { environmentOf } from '../environment.js';
import type { SetExitCode } from '../errors.js';
import { freeFolder, requireFree } from '../folders.js';
import { trainRun } from '../train-run.js';

interface Options {
  readonly out?: string;
  readonly threads?: number;
  readonly seed?: number;
  readonly epochs?: number;
  readonly generatedTrain?: number;
  readonly generatedVal?: number;
  readonly json?: true;
}

/** The task of the demo: what both runs share. */
const TASK = {
  classes: ['circle', 'triangle', 'cross', 'ring'],
  generatedTrain: 2000,
  generatedVal: 240,
  imageSize: 48,
  batchSize: 16,
  epochs: 6,
  // The forum's question: squared error in pixels.
  boxLosses: ['mse'],
  optimizer: 'sgd',
  // Every picture is different already, and a few minutes are too short for still more variety.
  augment: 'none',
} as const satisfies Partial<LocalizerConfig>;

/** Each at the learning rate that suits it best, see docs/demo.md. */
const CONTENDERS = [
  { name: 'plain sum', folder: 'sum', balance: 'sum', learningRate: 3e-6 },
  { name: 'running maximum', folder: 'running-max', balance: 'running-max', learningRate: 0.02 },
] as const;

interface Contender {
  readonly name: string;
  readonly run: RunFolder;
  readonly learningRate: number;
  readonly evaluation: Evaluation;
}

export function addDemo(program: Command, setExitCode: SetExitCode): void {
  program
    .command('demo')
    .description(
      'Train one network on generated pictures twice, with the plain sum of its losses and with balanced losses.',
    )
    .option('--out <dir>', 'where the two runs and the report go (default: a new folder in runs/)')
    .option('--epochs <n>', `of each run (default: ${TASK.epochs})`, numberFor('epochs'))
    .option(
      '--generated-train <n>',
      `pictures to train on (default: ${TASK.generatedTrain})`,
      numberFor('generatedTrain'),
    )
    .option('--generated-val <n>', `pictures to validate on (default: ${TASK.generatedVal})`, numberFor('generatedVal'))
    .option('--seed <integer>', 'of everything random (default: 0)', numberFor('seed'))
    .option('--threads <n>', 'threads per operator (default: all cores)', numberFor('threads'))
    .option('--json', 'print one JSON object per line')
    .action(async (options: Options) => {
      const { out = freeFolder('demo'), json, threads = availableParallelism(), ...given } = options;
      await requireFree(out);
      const say = (text: string) => void (json ? process.stderr : process.stdout).write(`${text}\n`);
      const begin = performance.now();
      const base = completeConfig({ ...TASK, ...given, threads });
      const data = await openTrainingData(base);
      say(introduction(base));
      const contenders: Contender[] = [];
      for (const { name, folder, balance, learningRate } of CONTENDERS) {
        say(`\n${name}, learning rate ${learningRate}`);
        const run = await createRun(join(out, folder), { ...base, balance, learningRate }, environmentOf(base.seed));
        const { evaluation, exitCode } = await trainRun({ run, data, mode: json ? 'json' : 'auto' });
        if (exitCode !== 0) return setExitCode(exitCode);
        if (!evaluation) throw new Error('internal: a run of the demo has trained no epoch');
        contenders.push({ name, run, learningRate, evaluation });
      }
      const table = resultTable(contenders);
      const report = join(out, 'report.html');
      await writeFileAtomic(report, await renderDemo(base, data, contenders, table));
      const seconds = Math.round((performance.now() - begin) / 1000);
      if (json) process.stdout.write(`${JSON.stringify(resultObject(contenders, report, seconds))}\n`);
      else say(`\n${renderText(table)}\n${chance(data)}\n\nreport  ${report}\n${seconds} seconds`);
    });
}

function introduction({ classes, generatedTrain, imageSize, epochs, backbone, threads }: LocalizerConfig): string {
  return [
    `One ${backbone} with two heads: which of ${classes?.join(', ')} is on the picture, and where?`,
    'Cross-entropy for the class, squared error in pixels for the box: some 2 against some 5000.',
    `Twice the same start, the same ${generatedTrain} pictures of ${imageSize} x ${imageSize}, ${epochs} epochs of SGD, ${threads} threads.`,
  ].join('\n');
}

/** What the accuracy must be compared with. */
function chance({ val }: TrainingData): string {
  return `Validation after the last epoch. Guessing the class is right in ${(100 / val.classes.length).toFixed(1)} % of the pictures.`;
}

/** Validation after the last epoch. */
function resultTable(contenders: readonly Contender[]): ReportTable {
  return {
    columns: [
      'losses combined by',
      'class accuracy',
      'mean IoU',
      'localization accuracy',
      'class loss',
      'box loss',
      'learning rate',
    ],
    rows: contenders.map(({ name, learningRate, evaluation: { metrics, losses } }) => [
      name,
      `${(100 * metrics.accuracy).toFixed(1)} %`,
      metrics.meanIou.toFixed(3),
      `${(100 * metrics.localizationAccuracy).toFixed(1)} %`,
      formatCell(losses.class!),
      formatCell(losses.box!),
      String(learningRate),
    ]),
  };
}

function resultObject(contenders: readonly Contender[], report: string, seconds: number) {
  const results = contenders.map(({ run, learningRate, evaluation: { metrics, losses } }) => {
    return { balance: run.config.balance, run: run.path, learningRate, ...metrics, losses };
  });
  return { event: 'result', results, report, seconds };
}

function renderText({ columns, rows }: ReportTable): string {
  return alignedTable([columns, ...rows.map((row) => row.map(String))]).join('\n');
}

async function renderDemo(
  base: LocalizerConfig,
  { val }: TrainingData,
  contenders: readonly Contender[],
  table: ReportTable,
): Promise<string> {
  const shown = pickSamples(val.items.length, 8);
  const pictures = [];
  for (const { name, evaluation } of contenders) {
    const drawn = await drawSamples(val, evaluation, shown);
    pictures.push({ title: `Samples: ${name}`, pictures: drawn.map(asReportPicture) });
  }
  const { balance: _balance, learningRate: _learningRate, ...shared } = base;
  return renderReport({
    title: 'Demo: the plain sum of two losses, and the running maximum',
    summary: `The same network, pictures and budget. Solid box: truth. Dashed box: prediction.`,
    runs: contenders.map(({ name, run }) => ({ name, curves: curvesFrom(readMetrics(run.metrics)) })),
    sections: [{ title: 'Validation after the last epoch', table }, ...pictures],
    config: shared,
    ...(await readEnvironment(contenders[0]!.run)),
  });
}
