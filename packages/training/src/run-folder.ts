/**
 * The folder of one run:
 *
 *     config.json        what was asked for            metrics.jsonl, metrics.csv   see metrics-log.ts
 *     environment.json   what it ran on                timing.jsonl                 wall-clock times
 *     events.out.*       the metrics for TensorBoard
 *     checkpoints/       best and last .safetensors    samples/                     pictures
 *     model.onnx         the exported model            report.html                  the report, one file
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { reason, removeStaleTemporaries, writeFileAtomic } from './atomic.js';
import { type Json, stringifyExactly } from './json.js';
import { makeFolder } from './make-folder.js';

export type RunConfig = { readonly [option: string]: Json };

/** The places in a run folder. All files but config and environment may not exist yet. */
export interface RunFolder {
  readonly path: string;
  readonly config: RunConfig;
  readonly lastCheckpoint: string;
  readonly bestCheckpoint: string;
  readonly metrics: string;
  readonly model: string;
  readonly report: string;
  readonly samples: string;
}

export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  /** Logical processors this process may use. */
  readonly processors: number;
  readonly memoryBytes: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly seed: number | string;
  /** HEAD of the git work tree around the current folder, or null. */
  readonly gitCommit: string | null;
}

/** What a result may depend on besides the config. `versions`: package name to version. */
export function describeEnvironment(options: {
  readonly seed: number | string;
  readonly versions: Readonly<Record<string, string>>;
}): Environment {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch} ${release()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    versions: options.versions,
    seed: options.seed,
    gitCommit: gitCommit(),
  };
}

/** SHA-256 of the config as JSON with sorted keys; kept in checkpoints, to see at resuming whether the config is the same. */
export function configFingerprint(config: RunConfig): string {
  return createHash('sha256')
    .update(stringifyExactly('config', config, { sortKeys: true }))
    .digest('hex');
}

/**
 * Makes a new run folder, with its parents.
 * @throws Error if there is anything in the folder already, so that no run is overwritten by mistake.
 */
export async function createRun(path: string, config: RunConfig, environment: Environment): Promise<RunFolder> {
  const text = prettyJson('config', config);
  await makeFolder(path);
  if (existsSync(configFile(path))) {
    throw new Error(`"${path}" holds a run already: resume it, or choose another folder`);
  }
  await removeStaleTemporaries(path);
  if ((await readdir(path)).length > 0) {
    throw new Error(`"${path}" is not empty: choose a new folder for the run`);
  }
  await writeFileAtomic(configFile(path), text);
  await writeFileAtomic(join(path, 'environment.json'), prettyJson('environment', environment));
  return openRun(path);
}

/**
 * Opens an existing run folder, to resume or to read it.
 * @throws Error if there is no run in it.
 */
export async function openRun(path: string): Promise<RunFolder> {
  const config = await readConfig(path);
  const run = {
    path,
    config,
    lastCheckpoint: join(path, 'checkpoints', 'last.safetensors'),
    bestCheckpoint: join(path, 'checkpoints', 'best.safetensors'),
    metrics: join(path, 'metrics.jsonl'),
    model: join(path, 'model.onnx'),
    report: join(path, 'report.html'),
    samples: join(path, 'samples'),
  };
  // Here and not in createRun: it may have been killed between the config and the folders.
  await makeFolder(join(path, 'checkpoints'));
  await makeFolder(run.samples);
  return run;
}

/** Removes what a killed process may have left half written. Call it before training, never beside a training process. */
export async function cleanRun(run: RunFolder): Promise<void> {
  for (const folder of [run.path, join(run.path, 'checkpoints'), run.samples]) await removeStaleTemporaries(folder);
}

async function readConfig(path: string): Promise<RunConfig> {
  const file = configFile(path);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    const problem = missing ? 'it has no config.json' : reason(error);
    throw new Error(`"${path}" is not a run folder: ${problem}`, { cause: error });
  });
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config as RunConfig;
  } catch {
    // The same message as for JSON that is no object.
  }
  throw new Error(`"${file}" must hold a JSON object`);
}

function configFile(path: string): string {
  return join(path, 'config.json');
}

function prettyJson(name: string, value: unknown): string {
  return `${JSON.stringify(JSON.parse(stringifyExactly(name, value)), null, 2)}\n`;
}

function gitCommit(): string | null {
  try {
    const output = execFileSync('git', ['rev-parse', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output.trim();
  } catch {
    // No git, or no repository here.
    return null;
  }
}
