/** One training in its run folder, as the command shows it. */
import {
  type Evaluation,
  exportLocalizer,
  openTrained,
  RunReporter,
  type TrainingData,
  type TrainResult,
  trainLocalizer,
} from '@counterpoise/localization';
import { createProgress, type RunFolder, writeFileAtomic } from '@counterpoise/training';
import { withInterrupt } from './interrupt.js';
import { shellWord } from './shell-word.js';

export type OutputMode = 'auto' | 'json' | 'quiet';

/** The report is renewed after an epoch if the last one is older than this. */
const REPORT_MS = 20_000;

export interface TrainRunOptions {
  readonly run: RunFolder;
  readonly data: TrainingData;
  readonly mode: OutputMode;
  readonly checkpointSeconds?: number | undefined;
  readonly workers?: number | undefined;
}

export interface TrainRunResult {
  readonly result: TrainResult;
  /** Of the last epoch that this process trained; absent if there was none. */
  readonly evaluation?: Evaluation | undefined;
  readonly exitCode: number;
}

/** Trains until the end, or until Ctrl-C: then `exitCode` is not 0 and the line that says how to resume is written. */
export async function trainRun(options: TrainRunOptions): Promise<TrainRunResult> {
  const { run, data, mode, checkpointSeconds, workers } = options;
  let lastReport = performance.now();
  const reporter = new RunReporter(run, data.val);
  let last: Evaluation | undefined;
  return withInterrupt(async (interruption) => {
    const result = await trainLocalizer({
      run,
      data,
      signal: interruption.signal,
      progress: (shape) => createProgress({ ...shape, mode }),
      ...(checkpointSeconds === undefined ? {} : { checkpointSeconds }),
      ...(workers === undefined ? {} : { workers }),
      onEpoch: async (evaluation, isLast) => {
        last = evaluation;
        reporter.validated(evaluation);
        if (!isLast && performance.now() - lastReport < REPORT_MS) return;
        await reporter.write();
        lastReport = performance.now();
      },
    });
    if (result.finished) return { result, evaluation: last, exitCode: 0 };
    process.stderr.write(
      `interrupted after step ${result.steps}, everything is saved. ` +
        `Resume with: counterpoise train localize --out ${shellWord(run.path)} --resume\n`,
    );
    return { result, exitCode: interruption.code ?? 130 };
  });
}

/** Exports the best network and says where everything is. */
export async function finishRun(run: RunFolder, { best, steps }: TrainResult, mode: OutputMode): Promise<void> {
  const { config, model, classes, imageSize } = await openTrained(run.path);
  await writeFileAtomic(run.model, [exportLocalizer(model, classes, imageSize, { resize: config.resize })]);
  if (mode === 'json') {
    const fields = { event: 'result', run: run.path, steps, best, model: run.model, report: run.report };
    process.stdout.write(`${JSON.stringify(fields)}\n`);
    return;
  }
  if (best) {
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    process.stdout.write(
      `best epoch ${best.epoch}: accuracy ${percent(best.accuracy)}, mean IoU ${best.meanIou.toFixed(3)}, ` +
        `localization accuracy ${percent(best.localizationAccuracy)}\n`,
    );
  }
  process.stdout.write(`run     ${run.path}\nmodel   ${run.model}\nreport  ${run.report}\n`);
}
