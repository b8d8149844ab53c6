import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import {
  checkRunConfig,
  checkWeights,
  completeConfig,
  countSteps,
  type LocalizerConfig,
  openTrainingData,
  type TrainingData,
} from '@counterpoise/localization';
import { createRun, type RunFolder } from '@counterpoise/training';
import type { Command } from 'commander';
import { environmentOf } from '../environment.js';
import type { SetExitCode } from '../errors.js';
import { UsageError } from '../errors.js';
import { freeFolder, requireFree } from '../folders.js';
import { addJobOptions, configOf, type JobFlags } from '../job-options.js';
import { openLocalizerRun } from '../localizer-run.js';
import { parseSeconds } from '../seconds.js';
import { finishRun, trainRun } from '../train-run.js';
import { addTrainPpo } from './train-ppo.js';

interface Options extends JobFlags {
  readonly out?: string;
  readonly resume?: true;
  readonly json?: true;
  readonly checkpointSeconds?: number;
  readonly workers?: number;
}

export function addTrain(program: Command, setExitCode: SetExitCode): void {
  const train = program.command('train').description('Train a model.');
  addTrainLocalize(train, setExitCode);
  addTrainPpo(train, setExitCode);
}

function addTrainLocalize(train: Command, setExitCode: SetExitCode): void {
  const localize = train
    .command('localize')
    .description('Train a network that names and frames the one object of a picture.');
  addJobOptions(localize)
    .option('--workers <n>', 'threads that change the pictures; the bits are the same (default: 0, none)', parseWorkers)
    .option('--checkpoint-seconds <n>', 'at most this much work is lost to a crash (default: 30)', parseSeconds)
    .option('--out <dir>', 'the run folder (default: a new one in runs/)')
    .option('--resume', 'go on with the run in --out, with its options')
    .option('--json', 'print one JSON object per line')
    .action(async (options: Options, command: Command) => {
      const { out, resume, json, checkpointSeconds, workers, ...job } = options;
      const given = configOf(job, command);
      const { run, data } = resume ? await resumed(out, given) : await begun(out, given);
      const mode = json ? 'json' : 'auto';
      const result = await trainRun({ run, data, mode, checkpointSeconds, workers });
      setExitCode(result.exitCode);
      if (result.exitCode === 0) await finishRun(run, result.result, mode);
    });
}

function parseWorkers(text: string): number {
  const count = Number(text);
  if (text.trim() === '' || !Number.isInteger(count) || count < 0 || count > 64)
    throw new UsageError(`--workers must be an integer in [0, 64], got "${text}"`);
  return count;
}

interface Opened {
  readonly run: RunFolder;
  readonly data: TrainingData;
}

async function begun(out = freeFolder('localize'), given: Partial<LocalizerConfig>): Promise<Opened> {
  if (given.data === undefined) throw new UsageError('give --data DIR, or --generated for generated pictures');
  const config = completeConfig({ threads: availableParallelism(), ...given });
  await requireFree(out);
  // Before the folder is made: what cannot be trained leaves none behind.
  const data = await openTrainingData(config, note);
  countSteps(config, data.train.items.length);
  for (const notice of checkWeights(config)) note(`${config.weights}: ${notice}`);
  return { run: await createRun(out, { ...config }, environmentOf(config.seed)), data };
}

async function resumed(out: string | undefined, given: Partial<LocalizerConfig>): Promise<Opened> {
  if (out === undefined) throw new UsageError('--resume needs --out: the folder of the run');
  if (!existsSync(out)) throw new UsageError(`--resume: there is no run in "${out}"`);
  const run = await openLocalizerRun(out);
  const config = checkRunConfig(run);
  for (const [name, value] of Object.entries(given)) {
    const kept = config[name as keyof LocalizerConfig];
    if (JSON.stringify(kept) === JSON.stringify(value)) continue;
    const [wanted, had] = [JSON.stringify(value), JSON.stringify(kept)];
    throw new UsageError(
      `--resume: the run in "${out}" has "${name}" ${had}, got ${wanted}: leave it out, or start a new run`,
    );
  }
  return { run, data: await openTrainingData(config, note) };
}

function note(notice: string): void {
  process.stderr.write(`note: ${notice}\n`);
}
