/** Several runs that differ in their seeds alone, in one folder: `seeds.json`, and a run folder `seed-N` for each. */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRun, type Environment, openRun, type RunFolder, writeFileAtomic } from '@counterpoise/training';
import { checkPpoConfig } from './check-config.js';
import type { PpoConfig } from './config.js';
import { refuse } from './option-checks.js';

export interface PpoSeeds {
  readonly path: string;
  /** What the runs share; its `seed` is the first. */
  readonly config: PpoConfig;
  readonly seeds: readonly number[];
}

/** @param count of runs; their seeds go up by 1 from that of the config. The folder may exist. @throws CounterpoiseError if they go too high. */
export async function createSeeds(path: string, config: PpoConfig, count: number): Promise<PpoSeeds> {
  const highest = Number.MAX_SAFE_INTEGER - count + 1;
  if (config.seed > highest) throw refuse(`"seed" of ${count} runs must be at most ${highest}, got ${config.seed}`);
  const seeds = Array.from({ length: count }, (_, at) => config.seed + at);
  await mkdir(path, { recursive: true });
  await writeFileAtomic(seedsFile(path), `${JSON.stringify({ seeds, config }, null, 2)}\n`);
  return { path, config, seeds };
}

/** Whether a folder holds the runs of several seeds. */
export function hasSeeds(path: string): boolean {
  return existsSync(seedsFile(path));
}

/** @throws Error that names the file if it is not what `createSeeds` wrote. */
export async function openSeeds(path: string): Promise<PpoSeeds> {
  try {
    const { seeds, config } = (JSON.parse(await readFile(seedsFile(path), 'utf8')) ?? {}) as Partial<PpoSeeds>;
    if (!Array.isArray(seeds) || seeds.length === 0 || !seeds.every(Number.isSafeInteger)) {
      throw new Error(`"seeds" must be a list of integers, got ${JSON.stringify(seeds)}`);
    }
    return { path, config: checkPpoConfig({ ...config }), seeds };
  } catch (error) {
    throw new Error(`"${seedsFile(path)}": ${(error as Error).message}`, { cause: error });
  }
}

/** The run of a seed: opened, or made where it has not begun. @param environment describes the machine, for a new run. */
export async function seedRun(
  { path, config }: PpoSeeds,
  seed: number,
  environment: (seed: number) => Environment,
): Promise<RunFolder> {
  const folder = join(path, `seed-${seed}`);
  if (existsSync(join(folder, 'config.json'))) return openRun(folder);
  return createRun(folder, { ...config, seed }, environment(seed));
}

function seedsFile(path: string): string {
  return join(path, 'seeds.json');
}
