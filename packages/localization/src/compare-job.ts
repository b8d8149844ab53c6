/** The localizer as a job of `compareMethods`: the same training under any method, learning rate and seed. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CompareJob,
  createProgress,
  createRun,
  curvesFrom,
  describeEnvironment,
  type JobModule,
  type Json,
  type MethodChoice,
  type MetricsRecord,
  openRun,
  type RunContext,
  type RunFolder,
  type RunRequest,
  type RunResult,
  readMetrics,
} from '@counterpoise/training';
import { CounterpoiseError, extractStatic } from 'counterpoise';
import { completeConfig } from './check-config.js';
import { type LocalizerConfig, OptionError } from './config.js';
import { countSteps } from './epoch-steps.js';
import { lossNames } from './losses.js';
import { trainLocalizer } from './train.js';
import { openTrainingData } from './training-data.js';
import { VERSION } from './version.js';

/** What all runs of a comparison share; method, learning rate and seed are those of the run. */
export type LocalizerJobOptions = Partial<Omit<LocalizerConfig, PerRun>> & Pick<LocalizerConfig, 'threads'>;

type PerRun = 'balance' | 'balanceOptions' | 'balanceWraps' | 'learningRate' | 'seed';

/** Of validation, after the last epoch: the best epoch would be one chosen by what is reported. */
const SHOWN = ['accuracy', 'meanIou', 'localizationAccuracy'] as const;

/** For `compareMethods`. @throws OptionError on wrong options. */
export function localizerJob(options: LocalizerJobOptions): JobModule {
  createJob(options);
  // The compiled file, also when this one runs from its source: Node.js 20 cannot start TypeScript.
  return { module: new URL('../dist/compare-job.js', import.meta.url).href, options: options as Json };
}

/**
 * To be asked before anything is trained; a method that is left out anyway is none that needs data.
 *
 * @param items how many pictures there are to train on.
 * @throws OptionError if they are not enough for a step of one of the methods, or of the weights that always take part.
 */
export function requireSteps(options: LocalizerJobOptions, methods: readonly MethodChoice[], items: number): void {
  for (const choice of [{ method: 'sum', options: [], wraps: [] }, ...methods]) {
    if (refusal(options, choice) === undefined) countSteps(configOf(options, choice), items);
  }
}

export function createJob(options: LocalizerJobOptions): CompareJob {
  const base = completeConfig(options);
  const [classLoss, ...boxLosses] = lossNames(base.boxLosses);
  return {
    losses: [classLoss!, ...boxLosses],
    metrics: [
      { name: 'accuracy', higherIsBetter: true, losses: [classLoss!] },
      { name: 'meanIou', higherIsBetter: true, losses: boxLosses },
      { name: 'localizationAccuracy', higherIsBetter: true },
    ],
    refuse: (choice) => refusal(options, choice),
    run: (request, context) => train(configOf(options, request), context),
    tidy: (folder) => rm(join(folder, 'checkpoints'), { recursive: true, force: true }),
  };
}

function configOf(options: LocalizerJobOptions, request: MethodChoice & Partial<RunRequest>): LocalizerConfig {
  const { method, options: balanceOptions, wraps: balanceWraps, learningRate, seed } = request;
  return completeConfig({
    ...options,
    balance: method,
    balanceOptions,
    balanceWraps,
    ...(learningRate !== undefined && { learningRate }),
    ...(seed !== undefined && { seed }),
  });
}

function refusal(options: LocalizerJobOptions, choice: MethodChoice): string | undefined {
  try {
    configOf(options, choice);
    return undefined;
  } catch (error) {
    if (error instanceof OptionError || error instanceof CounterpoiseError) return error.message;
    throw error;
  }
}

async function train(config: LocalizerConfig, { folder, signal, progress }: RunContext) {
  const environment = describeEnvironment({ seed: config.seed, versions: { '@counterpoise/localization': VERSION } });
  const isBegun = existsSync(join(folder, 'config.json'));
  const run = isBegun ? await openRun(folder) : await createRun(folder, { ...config }, environment);
  const data = await openTrainingData(config);
  const { finished, steps } = await trainLocalizer({
    run,
    data,
    signal,
    progress: ({ epochs, stepsPerEpoch, ...shape }) => ({
      ...createProgress({ ...shape, epochs, stepsPerEpoch, mode: 'quiet' }),
      step: ({ epoch, step }) => progress(((epoch - 1) * stepsPerEpoch + step) / (epochs * stepsPerEpoch)),
    }),
  });
  return finished ? resultOf(run, lossNames(config.boxLosses), steps) : undefined;
}

/** From the files of the run: it may have been trained by several processes, one after the other. */
function resultOf(run: RunFolder, losses: readonly string[], steps: number): RunResult {
  const records = readMetrics(run.metrics);
  const curves = curvesFrom(records);
  const ofLosses = (value: (loss: string) => number | undefined) =>
    Object.fromEntries(losses.map((loss) => [loss, value(loss) ?? Number.NaN]));
  const stepRecords = records.filter(({ kind }) => kind === 'step');
  // A loss without a sample has the weight 0, which is not the method's doing.
  const whole = stepRecords.filter((record) => losses.every((loss) => record[`train/loss/${loss}`] !== null));
  const weights = (whole.length > 0 ? whole : stepRecords).map((record) =>
    ofLosses((loss) => Number(record[`weight/${loss}`])),
  );
  return {
    metrics: Object.fromEntries(SHOWN.map((name) => [name, curves.metrics[name]?.y.at(-1) ?? Number.NaN])),
    losses: ofLosses((loss) => curves.valLosses[loss]?.y.at(-1)),
    // The first batches may have no sample of a loss.
    firstLosses: ofLosses((loss) => curves.stepLosses[loss]?.y.find(Number.isFinite)),
    meanWeights: extractStatic(weights),
    steps,
    secondsPerStep: secondsPerStep(readMetrics(join(run.path, 'timing.jsonl')), curves.stepsPerEpoch),
    curves: Object.fromEntries(SHOWN.map((name) => [name, curves.metrics[name] ?? { x: [], y: [] }])),
  };
}

/** Median over the epochs: the first one decodes pictures, and one that was interrupted tells only its last part. */
function secondsPerStep(timing: readonly MetricsRecord[], stepsPerEpoch: number): number {
  const seconds = timing.map(({ trainSeconds }) => Number(trainSeconds)).sort((a, b) => a - b);
  const middle = (seconds.length - 1) / 2;
  return (seconds[Math.floor(middle)]! + seconds[Math.ceil(middle)]!) / 2 / stepsPerEpoch;
}
