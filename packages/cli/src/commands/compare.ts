import { availableParallelism } from 'node:os';
import {
  BACKBONES,
  BOX_LOSSES,
  BOX_UNITS,
  LOCALIZER_DEFAULTS as DEFAULTS,
  FORMATS,
  type LocalizerJobOptions,
  OPTIMIZERS,
  PARTLY_LABELLED,
  SCHEDULES,
} from '@counterpoise/localization';
import {
  CompareDisplay,
  type Comparison,
  compareMethods,
  comparisonText,
  findings,
  type JobModule,
  parseMethodList,
  writeComparison,
} from '@counterpoise/training';
import { type Command, InvalidArgumentError } from 'commander';
import { numberFor, parseStandardization, wordFor, wordsFor } from '../arguments.js';
import { type CompareFlags, LEARNING_RATES, type Plan, planComparison, SEEDS } from '../compare/plan.js';
import type { SetExitCode } from '../errors.js';
import { freeFolder } from '../folders.js';
import { withInterrupt } from '../interrupt.js';
import { shellWord } from '../shell-word.js';

export function addCompare(program: Command, setExitCode: SetExitCode): void {
  const list = (names: readonly string[]) => names.join(' | ');
  program
    .command('compare')
    .description('Compare balancing methods on one job, with the same tuning budget for each.')
    .command('localize')
    .description(
      'Train the localizer with several methods, learning rates and seeds, and say what is better than noise.',
    )
    .option('--data <dir>', 'a folder of pictures with boxes, in VOC, COCO, YOLO or CSV form')
    .option('--format <name>', `${list(FORMATS)} (default: told by its files)`, wordFor('format'))
    .option(
      '--partly-labelled <what>',
      `${list(PARTLY_LABELLED)}: pictures with a class and no box, or a box and no class (default: ${DEFAULTS.partlyLabelled})`,
      wordFor('partlyLabelled'),
    )
    .option('--val-fraction <share>', 'draw this share for validation, another one per seed', numberFor('valFraction'))
    .option('--generated', 'generated pictures of six shapes instead of a folder')
    .option('--generated-train <n>', `default: ${DEFAULTS.generatedTrain}`, numberFor('generatedTrain'))
    .option('--generated-val <n>', `default: ${DEFAULTS.generatedVal}`, numberFor('generatedVal'))
    .option('--backbone <name>', `${list(BACKBONES)} (default: ${DEFAULTS.backbone})`, wordFor('backbone'))
    .option('--weights <file>', 'safetensors or .pth file with the weights of the backbone')
    .option('--image-size <pixels>', `default: ${DEFAULTS.imageSize}`, numberFor('imageSize'))
    .option('--box-loss <name,...>', `${list(BOX_LOSSES)} (default: ${DEFAULTS.boxLosses})`, wordsFor('boxLosses'))
    .option('--box-units <unit>', `${list(BOX_UNITS)} (default: ${DEFAULTS.boxUnits})`, wordFor('boxUnits'))
    .option(
      '--standardize-targets [how]',
      'learn standardised box coordinates, see "train localize --help"',
      parseStandardization,
    )
    .option('--balance-every <n>', 'steps between two looks at the losses (default: 1)', numberFor('balanceEvery'))
    .option('--boundary <name>', 'where gradients are measured, see "train localize --help"', wordFor('boundary'))
    .option('--optimizer <name>', `${list(OPTIMIZERS)} (default: ${DEFAULTS.optimizer})`, wordFor('optimizer'))
    .option('--weight-decay <number>', `default: ${DEFAULTS.weightDecay}`, numberFor('weightDecay'))
    .option('--schedule <name>', `${list(SCHEDULES)} (default: ${DEFAULTS.schedule})`, wordFor('schedule'))
    .option('--epochs <n>', `of every run (default: ${DEFAULTS.epochs})`, numberFor('epochs'))
    .option('--batch-size <n>', `default: ${DEFAULTS.batchSize}`, numberFor('batchSize'))
    .option('--augment <change,...>', `or none (default: ${DEFAULTS.augment})`, wordFor('augment'))
    .option('--threads <n>', 'threads of every run; another number gives other bits (default: 1)', numberFor('threads'))
    .option(
      '--methods <name,...>',
      `or all; options and wrappers stand behind the name: "ema beta=0.9,upgrad normalize=ema". The plain sum, log-sum, random and two kinds of static weights always take part (default: ${DEFAULTS.balance})`,
      (text: string) => parseMethodList(text),
    )
    .option(
      '--learning-rates <number,...>',
      `tried for every method (default: ${LEARNING_RATES.adamw.join(',')}; sgd ${LEARNING_RATES.sgd.join(',')})`,
      parseRates,
    )
    .option('--seeds <n>', `reported runs per method, each with another seed (default: ${SEEDS})`, parseCount)
    .option(
      '--static-runs <n>',
      'tuning runs of the search of static weights (default: as many as every method has, one per learning rate)',
      parseCount,
    )
    .option(
      '--jobs <n>',
      'runs at the same time; it changes no number but the seconds (default: all cores)',
      parseCount,
    )
    .option('--out <dir>', 'the folder of the comparison (default: a new one in runs/)')
    .option('--resume', 'go on with the comparison in --out, or add methods, rates and seeds to it')
    .option('--json', 'print one JSON object per line')
    .action(async (options: CompareFlags) => {
      const out = options.out ?? freeFolder('compare');
      const { job, plan } = await planComparison(out, options);
      const comparison = await run(out, job, plan, options, setExitCode);
      if (comparison) await show(out, job, comparison, options.json ?? false);
    });
}

async function run(
  out: string,
  job: JobModule,
  plan: Plan,
  { json, jobs }: CompareFlags,
  setExitCode: SetExitCode,
): Promise<Comparison | undefined> {
  const { threads } = job.options as unknown as LocalizerJobOptions;
  const parallel = jobs ?? Math.max(1, Math.floor(availableParallelism() / threads));
  const display = new CompareDisplay({ mode: json ? 'json' : 'auto', jobs: parallel });
  return withInterrupt(async (interruption) => {
    try {
      const comparison = await compareMethods({
        job,
        out,
        methods: plan.methods,
        learningRates: plan.learningRates,
        seeds: Array.from({ length: plan.seeds }, (_, at) => at + 1),
        tuningSeed: 0,
        staticRuns: plan.staticRuns,
        jobs: parallel,
        signal: interruption.signal,
        observer: display,
      });
      if (comparison) return comparison;
    } finally {
      display.finish();
    }
    process.stderr.write(
      `interrupted, everything is saved. Resume with: counterpoise compare localize --out ${shellWord(out)} --resume\n`,
    );
    setExitCode(interruption.code ?? 130);
    return undefined;
  });
}

async function show(out: string, job: JobModule, comparison: Comparison, isJson: boolean): Promise<void> {
  const config = job.options as Parameters<typeof writeComparison>[3];
  const files = await writeComparison(out, comparison, 'Balancing methods on the localizer', config);
  const remarks = findings(comparison);
  if (isJson) {
    const { rows } = comparison;
    process.stdout.write(`${JSON.stringify({ event: 'result', findings: remarks, rows, ...files })}\n`);
    return;
  }
  const paths = `report  ${files.report}\ntable   ${files.csv}\nall     ${files.json}`;
  process.stdout.write(`\n${comparisonText(comparison)}\n\n${remarks.join('\n')}\n\n${paths}\n`);
}

function parseRates(text: string): number[] {
  const rates = text.split(',').map((part) => {
    const rate = part.trim() === '' ? Number.NaN : Number(part);
    if (!(rate > 0 && Number.isFinite(rate))) {
      throw new InvalidArgumentError(`It must be numbers greater than 0 with commas between them, got "${part}".`);
    }
    return rate;
  });
  if (new Set(rates).size < rates.length) throw new InvalidArgumentError('The rates must be different.');
  return rates;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1000)
    throw new InvalidArgumentError('It must be an integer in [1, 1000].');
  return count;
}
