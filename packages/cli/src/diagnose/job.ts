/** The job that shall be diagnosed: options of the command line, or a run. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { checkRunConfig, completeConfig, type LocalizerConfig } from '@counterpoise/localization';
import type { RunFolder } from '@counterpoise/training';
import type { Command, Option } from 'commander';
import { UsageError } from '../errors.js';
import { configOf, type JobFlags } from '../job-options.js';
import { openLocalizerRun } from '../localizer-run.js';

export interface Job {
  readonly config: LocalizerConfig;
  readonly run?: RunFolder;
  /** Those words of a command line that say the job, without its method. */
  readonly words: readonly string[];
}

/** @throws UsageError if neither a run nor data are given, or a run and options besides. */
export async function openJob(path: string | undefined, flags: JobFlags, command: Command): Promise<Job> {
  if (path === undefined) {
    const config = configOf(flags, command);
    if (config.data === undefined)
      throw new UsageError('give --data DIR, or --generated for generated pictures, or --run DIR');
    return { config: completeConfig({ threads: availableParallelism(), ...config }), words: wordsOf(command) };
  }
  const other = given(command).find((option) => !OF_DIAGNOSIS.includes(option.attributeName()));
  if (other !== undefined) throw new UsageError(`--run has the options of its run: leave out ${other.long}`);
  if (!existsSync(path)) throw new UsageError(`--run: there is no run in "${path}"`);
  const run = await openLocalizerRun(path);
  if (!existsSync(run.lastCheckpoint)) {
    throw new Error(`"${path}" has no checkpoint yet: give the options of its job in place of --run`);
  }
  return { config: checkRunConfig(run), run, words: [] };
}

/** What says something about the diagnosis alone. */
const OF_DIAGNOSIS = ['steps', 'report', 'json', 'run'];
/** What a recommendation replaces. */
const OF_METHOD = ['balance', 'balanceOption', 'balanceWrap'];

function given(command: Command): readonly Option[] {
  return command.options.filter((option) => {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli') return false;
    // `--no-augment` and `--augment` share a name.
    const value: unknown = command.getOptionValue(name);
    return typeof value === 'boolean' ? value === !option.negate : !option.negate;
  });
}

/** The options that were given, as the words that give them again. */
function wordsOf(command: Command): string[] {
  return given(command).flatMap((option) => {
    const name = option.attributeName();
    if (OF_DIAGNOSIS.includes(name) || OF_METHOD.includes(name)) return [];
    const value: unknown = command.getOptionValue(name);
    return typeof value === 'boolean' ? [option.long!] : [option.long!, textOf(value)];
  });
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.join(',');
  return Object.entries(value)
    .map(([name, item]) => `${name}=${item}`)
    .join(',');
}
