import { boxTargets, lossNames, measureLosses, openTrainingData } from '@counterpoise/localization';
import { type Diagnosis, diagnose, type Measurement } from '@counterpoise/training';
import type { Command } from 'commander';
import { openJob } from '../diagnose/job.js';
import { readMeasurements } from '../diagnose/read-measurements.js';
import {
  MAX_STEPS,
  parseSteps,
  type ShowOptions,
  showDiagnosis,
  trainCommand,
  weighCommand,
} from '../diagnose/show.js';
import type { SetExitCode } from '../errors.js';
import { withInterrupt } from '../interrupt.js';
import { addJobOptions, type JobFlags } from '../job-options.js';

interface FileOptions extends ShowOptions {
  readonly steps?: number;
}

interface LocalizeOptions extends JobFlags, ShowOptions {
  readonly steps: number;
  readonly run?: string;
}

/** Enough for a tight interval of the median, and a minute or less on a small network. */
const STEPS = 50;

const FILE_HELP = `
A file has one JSON object per line and step: what "counterpoise weigh" reads, or the metrics.jsonl of a run.

  {"losses": {"class": 2.3, "box": 5000}, "gramian": [[1.4, -2.1], [-2.1, 2.2e6]]}
  {"losses": {"class": 2.3, "box": 5000}, "gradientNorms": {"class": 1.2, "box": 1500}}

gramian: dot products of the gradients of the raw losses on the parameters that they share, in the order of the losses.
With norms alone there are no angles, with losses alone no shares of the update: it says what it cannot know.
"counterpoise diagnose localize" measures the training of a localizer by itself.
`;

const LOCALIZE_HELP = `
Trains as "counterpoise train localize" would, with the method and learning rate of the options, and measures the gradient of every
raw loss on all parameters that the losses share, in every step. What it has learnt is thrown away; no file is changed.
`;

export function addDiagnose(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('diagnose')
    .description('What is wrong with my losses? Measures a few dozen steps, says who drowns whom, and what to do.')
    .enablePositionalOptions()
    .argument('<file>', 'measurements of a training, JSON lines')
    .option('--steps <n>', `judge the last n steps (default: ${MAX_STEPS})`, parseSteps)
    .option('--report <file>', 'write a page with curves and a heat map of the angles, HTML')
    .option('--json', 'print one JSON object')
    .addHelpText('after', FILE_HELP)
    .action(async (file: string, options: FileOptions) => {
      const { names, measurements } = await readMeasurements(file, options.steps ?? MAX_STEPS);
      const diagnosis = judge(file, measurements, names);
      const page = { title: `Losses of ${file}`, diagnosis, measurements, commandOf: weighCommand, about: { file } };
      await showDiagnosis(page, options);
    });
  const localize = command
    .command('localize')
    .description('Measure the training of a localizer: the options of "counterpoise train localize" that say the job.');
  addJobOptions(localize)
    .option('--run <dir>', 'the job of this run, from its last checkpoint on')
    .option('--steps <n>', 'optimiser steps to measure', parseSteps, STEPS)
    .option('--report <file>', 'write a page with curves and a heat map of the angles, HTML')
    .option('--json', 'print one JSON object')
    .addHelpText('after', LOCALIZE_HELP)
    .action(({ run, steps, report, json, ...job }: LocalizeOptions, self: Command) =>
      diagnoseLocalizer({ run, steps, report, json, job, self }, setExitCode),
    );
}

/** @throws Error that names the file besides the line. */
function judge(file: string, measurements: readonly Measurement[], order: readonly string[]): Diagnosis {
  try {
    return diagnose(measurements, { order });
  } catch (error) {
    throw new Error(`"${file}": ${(error as Error).message}`, { cause: error });
  }
}

interface LocalizeJob extends ShowOptions {
  readonly run: string | undefined;
  readonly steps: number;
  readonly job: JobFlags;
  readonly self: Command;
}

async function diagnoseLocalizer(
  { steps, job, self, ...options }: LocalizeJob,
  setExitCode: SetExitCode,
): Promise<void> {
  const { config, run, words } = await openJob(options.run, job, self);
  const data = await openTrainingData(config, note);
  const onStep = (done: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${steps} steps${done === steps ? '\n' : ''}`);
  };
  await withInterrupt(async (interruption) => {
    const measure = { config, data, steps, signal: interruption.signal, onStep, ...(run && { run }) };
    const measurements = await measureLosses(measure);
    if (interruption.code !== undefined) return setExitCode(interruption.code);
    // The first step may lack a loss.
    const order = lossNames(config.boxLosses);
    const diagnosis = diagnose(measurements, { order, targets: boxTargets(config, data) });
    const about = {
      ...(run ? { run: run.path } : { data: config.data ?? 'generated pictures' }),
      balance: config.balance,
    };
    const title = `Losses of ${run ? run.path : (config.data ?? 'generated pictures')}`;
    await showDiagnosis({ title, diagnosis, measurements, commandOf: trainCommand(words), about }, options);
  });
}

function note(notice: string): void {
  process.stderr.write(`note: ${notice}\n`);
}
