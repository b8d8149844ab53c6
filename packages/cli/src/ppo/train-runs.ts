/** One PPO training, or one per seed, in their folders, as the command shows them. */
import { join } from 'node:path';
import {
  createPpoProgress,
  evaluatePolicy,
  openTrainedPolicy,
  type PolicyEvaluation,
  type ReportedRun,
  renderEpisode,
  type TrainPpoResult,
  trainPpo,
  writePpoReport,
} from '@counterpoise/ppo';
import { formatCell, type RunFolder, writeFileAtomic } from '@counterpoise/training';
import { type Interruption, withInterrupt } from '../interrupt.js';
import { shellWord } from '../shell-word.js';

export interface PpoJob {
  /** A run folder, or the folder with those of all seeds. */
  readonly path: string;
  /** In the order in which they are trained. */
  readonly runs: readonly (() => Promise<RunFolder>)[];
}

export interface TrainRunsOptions {
  readonly json: boolean;
  readonly checkpointSeconds?: number | undefined;
}

interface FinishedRun extends ReportedRun {
  readonly result: TrainPpoResult;
}

/** @returns the exit code: not 0 after Ctrl-C, when everything is saved and the line that says how to resume is written. */
export function trainPpoRuns(job: PpoJob, options: TrainRunsOptions): Promise<number> {
  return withInterrupt(async (interruption) => {
    const isSeveral = job.runs.length > 1;
    const done: FinishedRun[] = [];
    for (const open of job.runs) {
      const run = await open();
      if (isSeveral) announce(run, options);
      const result = await train(run, interruption, options);
      if (!result.finished) {
        const command = `counterpoise train ppo --out ${shellWord(job.path)} --resume`;
        process.stderr.write(`interrupted after step ${result.steps}, everything is saved. Resume with: ${command}\n`);
        return interruption.code ?? 130;
      }
      const finished = { run, result, evaluation: await finish(run) };
      done.push(finished);
      tell(finished, isSeveral ? 'seed-result' : 'result', options);
    }
    if (isSeveral) await tellAll(job.path, done, options);
    return 0;
  });
}

function train(run: RunFolder, { signal }: Interruption, { json, checkpointSeconds }: TrainRunsOptions) {
  return trainPpo({
    run,
    signal,
    progress: (shape) => createPpoProgress({ ...shape, mode: json ? 'json' : 'auto' }),
    ...(checkpointSeconds !== undefined && { checkpointSeconds }),
  });
}

/** Evaluates the policy, and writes the report and a picture of an episode. */
async function finish(run: RunFolder): Promise<PolicyEvaluation> {
  const { policy, environment, config, release } = await openTrainedPolicy(run.path);
  try {
    const evaluation = await evaluatePolicy(environment, policy, { seed: config.seed });
    if (environment.scene) await writeFileAtomic(episodeFile(run), renderEpisode(environment, evaluation.first));
    await writePpoReport(run.report, [{ run, evaluation }], environment);
    return evaluation;
  } finally {
    release();
  }
}

function announce(run: RunFolder, { json }: TrainRunsOptions): void {
  const { seed } = run.config;
  process.stdout.write(json ? `${JSON.stringify({ event: 'seed', seed, run: run.path })}\n` : `seed ${seed}\n`);
}

function episodeFile(run: RunFolder): string {
  return join(run.path, 'episode.svg');
}

function tell({ run, result, evaluation }: FinishedRun, event: string, { json }: TrainRunsOptions): void {
  const { steps, recentReturn } = result;
  const { episodes, meanReturn, stdReturn } = evaluation;
  if (json) {
    const recent = recentReturn && { recentReturn: recentReturn.mean, recentEpisodes: recentReturn.episodes };
    const fields = {
      run: run.path,
      steps,
      ...recent,
      evaluation: { episodes, meanReturn, stdReturn },
      report: run.report,
    };
    process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
    return;
  }
  const learned = recentReturn
    ? `return ${formatCell(recentReturn.mean)} (last ${recentReturn.episodes} episodes)`
    : 'no episode ended';
  const greedy = `${formatCell(meanReturn)} ± ${formatCell(stdReturn)} (${episodes} episodes of the likeliest actions)`;
  process.stdout.write(`${learned}, ${greedy}\nrun     ${run.path}\nreport  ${run.report}\n`);
}

/** The runs of several seeds together. */
async function tellAll(path: string, done: readonly FinishedRun[], { json }: TrainRunsOptions): Promise<void> {
  const report = join(path, 'report.html');
  const { environment, release } = await openTrainedPolicy(done[0]!.run.path);
  release();
  await writePpoReport(report, done, environment);
  const returns = done.map(({ result }) => result.recentReturn?.mean ?? Number.NaN);
  const greedy = done.map(({ evaluation }) => evaluation.meanReturn);
  const seeds = done.map(({ run }) => run.config.seed);
  if (json) {
    const fields = { run: path, seeds, recentReturns: returns, meanReturns: greedy, report };
    process.stdout.write(`${JSON.stringify({ event: 'result', ...fields })}\n`);
    return;
  }
  process.stdout.write(
    `all ${done.length} seeds: return ${spread(returns)}, ${spread(greedy)} with the likeliest actions\n`,
  );
  process.stdout.write(`report  ${report}\n`);
}

/** Mean and standard deviation over seeds, with the divisor n - 1. */
function spread(values: readonly number[]): string {
  // No episode of one of them ended.
  if (!values.every(Number.isFinite)) return 'unknown';
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return `${formatCell(mean)} ± ${formatCell(Math.sqrt(squares / (values.length - 1)))}`;
}
