import { existsSync } from 'node:fs';
import {
  checkPpoRun,
  completePpoConfig,
  createSeeds,
  hasSeeds,
  makeEnvironment,
  openEnvironment,
  openSeeds,
  type PpoConfig,
  type PpoSeeds,
  presetFor,
  requireTrainable,
  seedRun,
} from '@counterpoise/ppo';
import { createRun, openRun } from '@counterpoise/training';
import type { Command } from 'commander';
import { environmentOf } from '../environment.js';
import { type SetExitCode, UsageError } from '../errors.js';
import { freeFolder, requireFree } from '../folders.js';
import { addPpoOptions, type PpoFlags, ppoConfigOf } from '../ppo/options.js';
import { type PpoJob, trainPpoRuns } from '../ppo/train-runs.js';
import { parseSeconds } from '../seconds.js';

interface Options extends PpoFlags {
  readonly seeds?: number;
  readonly out?: string;
  readonly resume?: true;
  readonly json?: true;
  readonly checkpointSeconds?: number;
}

export function addTrainPpo(train: Command, setExitCode: SetExitCode): void {
  const ppo = train.command('ppo').description('Train a policy by PPO, with balanced losses.');
  addPpoOptions(ppo)
    .option('--seeds <n>', 'train n times, with --seed and those after it, and report mean and spread', parseSeeds)
    .option('--checkpoint-seconds <n>', 'at most this much work is lost to a crash (default: 30)', parseSeconds)
    .option('--out <dir>', 'the run folder (default: a new one in runs/)')
    .option('--resume', 'go on with the run in --out, with its options')
    .option('--json', 'print one JSON object per line')
    .action(async (options: Options) => {
      const { seeds, out, resume, json = false, checkpointSeconds, ...flags } = options;
      const given = ppoConfigOf(flags);
      const job = resume ? await resumed(out, given, seeds) : await begun(out, given, seeds);
      setExitCode(await trainPpoRuns(job, { json, checkpointSeconds }));
    });
}

function parseSeeds(text: string): number {
  const count = Number(text);
  if (text.trim() === '' || !Number.isInteger(count) || count < 1 || count > 1000)
    throw new UsageError(`--seeds must be an integer in [1, 1000], got "${text}"`);
  return count;
}

async function begun(out = freeFolder('ppo'), given: Partial<PpoConfig>, seeds = 1): Promise<PpoJob> {
  const { environment } = given;
  if (environment === undefined) throw new UsageError('give --env NAME, such as CartPole-v1');
  // Before the folder is made: what cannot be trained leaves none behind.
  const preset = presetFor(makeEnvironment(await openEnvironment(environment)));
  const config = completePpoConfig({ ...given, environment }, preset);
  await requireFree(out);
  await requireTrainable(config);
  if (seeds > 1) return jobOf(await createSeeds(out, config, seeds));
  return { path: out, runs: [() => createRun(out, { ...config }, environmentOf(config.seed))] };
}

async function resumed(out: string | undefined, given: Partial<PpoConfig>, seeds: number | undefined): Promise<PpoJob> {
  if (out === undefined) throw new UsageError('--resume needs --out: the folder of the run');
  if (!existsSync(out)) throw new UsageError(`--resume: there is no run in "${out}"`);
  if (hasSeeds(out)) {
    const all = await openSeeds(out);
    requireSame(out, { ...all.config, seeds: all.seeds.length }, { ...given, ...(seeds !== undefined && { seeds }) });
    return jobOf(all);
  }
  const run = await openRun(out);
  requireSame(out, { ...checkPpoRun(run), seeds: 1 }, { ...given, ...(seeds !== undefined && { seeds }) });
  return { path: out, runs: [async () => run] };
}

function jobOf(all: PpoSeeds): PpoJob {
  return { path: all.path, runs: all.seeds.map((seed) => () => seedRun(all, seed, environmentOf)) };
}

type Values = Readonly<Record<string, unknown>>;

/** A run goes on with its own options; those that are given all the same must be equal to them. */
function requireSame(out: string, kept: Values, given: Values): void {
  for (const [name, value] of Object.entries(given)) {
    const [wanted, had] = [JSON.stringify(value), JSON.stringify(kept[name])];
    if (wanted === had) continue;
    throw new UsageError(
      `--resume: the run in "${out}" has "${name}" ${had}, got ${wanted}: leave it out, or start a new run`,
    );
  }
}
