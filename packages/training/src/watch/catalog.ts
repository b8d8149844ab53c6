/** Which runs there are, and which files a page may ask for. Only what stands here is ever served, by its id. */
import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { reason } from '../atomic.js';
import type { RunInfo } from './protocol.js';
import { openPlain, plainFile } from './tail.js';

export interface WatchedRun {
  readonly info: RunInfo;
  readonly metrics: string;
  readonly timing: string;
  /** By the id that stands in the address of the picture. */
  readonly samples: ReadonlyMap<string, Sample>;
}

export interface Sample {
  readonly path: string;
  readonly contentType: string;
}

/** Formats without scripts: SVG is left out. */
const PICTURES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

/** Folders below the watched one in which runs are looked for. */
const MAX_DEPTH = 3;
export const MAX_RUNS = 200;
const MAX_FOLDERS = 2000;
const MAX_SAMPLES = 60;
const MAX_CONFIG_BYTES = 2 ** 20;

/**
 * The runs in a folder, or the one run that the folder is, sorted by name. A run is a folder with `config.json` or
 * `metrics.jsonl`. Links are not followed, hidden folders not opened.
 * @throws Error if there is no such folder.
 */
export async function findRuns(root: string): Promise<WatchedRun[]> {
  await requireFolder(root);
  const runs: WatchedRun[] = [];
  let waiting = [''];
  let opened = 0;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const next: string[] = [];
    for (const name of waiting.sort()) {
      if (runs.length >= MAX_RUNS || ++opened > MAX_FOLDERS) break;
      const entries = await entriesOf(join(root, name));
      if (isRun(entries)) runs.push(await readRun(root, name, entries));
      else next.push(...foldersOf(entries).map((folder) => (name === '' ? folder : `${name}/${folder}`)));
    }
    waiting = next;
  }
  return runs.sort((a, b) => (a.info.name < b.info.name ? -1 : 1));
}

async function requireFolder(root: string): Promise<void> {
  const found = await stat(root).catch((error: NodeJS.ErrnoException) => {
    const problem = error.code === 'ENOENT' ? 'there is no such folder' : reason(error);
    throw new Error(`cannot watch "${root}": ${problem}`, { cause: error });
  });
  if (!found.isDirectory()) throw new Error(`cannot watch "${root}": it is no folder`);
}

/** Nothing for a folder that may not be read, or that was removed in between. */
function entriesOf(path: string): Promise<Dirent[]> {
  return readdir(path, { withFileTypes: true }).catch(() => []);
}

function isRun(entries: readonly Dirent[]): boolean {
  return entries.some((entry) => (entry.name === 'config.json' || entry.name === 'metrics.jsonl') && entry.isFile());
}

function foldersOf(entries: readonly Dirent[]): string[] {
  const folders = entries.filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name));
  return folders.map((entry) => entry.name);
}

async function readRun(root: string, name: string, entries: readonly Dirent[]): Promise<WatchedRun> {
  const path = join(root, name);
  const id = shortHash(name);
  const metrics = join(path, 'metrics.jsonl');
  const hasSamples = entries.some((entry) => entry.name === 'samples' && entry.isDirectory());
  const samples = hasSamples ? await findSamples(join(path, 'samples'), id) : [];
  const { config = {}, problem } = await readConfig(join(path, 'config.json'));
  const info: RunInfo = {
    id,
    name: name === '' ? basename(root) || root : name,
    config,
    samples: samples.map((sample) => ({ name: sample.name, url: sample.url })),
    updated: (await plainFile(metrics))?.mtimeMs ?? 0,
    problems: problem === undefined ? [] : [problem],
  };
  return {
    info,
    metrics,
    timing: join(path, 'timing.jsonl'),
    samples: new Map(samples.map(({ sampleId, path, contentType }) => [sampleId, { path, contentType }])),
  };
}

async function findSamples(folder: string, runId: string) {
  const names = (await entriesOf(folder))
    .filter((entry) => entry.isFile() && Object.hasOwn(PICTURES, extname(entry.name).toLowerCase()))
    .map((entry) => entry.name)
    .sort()
    .slice(0, MAX_SAMPLES);
  const samples = names.map(async (name) => {
    const path = join(folder, name);
    const sampleId = shortHash(name);
    const { size = 0, mtimeMs = 0 } = (await plainFile(path)) ?? {};
    const version = shortHash(`${size} ${mtimeMs}`);
    const contentType = PICTURES[extname(name).toLowerCase()]!;
    return { name, path, sampleId, contentType, url: `/runs/${runId}/samples/${sampleId}?${version}` };
  });
  return Promise.all(samples);
}

async function readConfig(path: string): Promise<{ config?: RunInfo['config']; problem?: string }> {
  if (!(await plainFile(path))) return {};
  const file = await openPlain(path);
  if (!file) return { problem: 'config.json cannot be read' };
  try {
    if ((await file.stat()).size > MAX_CONFIG_BYTES) return { problem: 'config.json is larger than 1 MiB' };
    const config: unknown = JSON.parse(await file.readFile('utf8'));
    if (typeof config === 'object' && config !== null && !Array.isArray(config))
      return { config: config as RunInfo['config'] };
  } catch {
    // The same words as for JSON that is no object.
  } finally {
    await file.close();
  }
  return { problem: 'config.json is not a JSON object' };
}

/** 48 bits of SHA-256: a name for addresses that tells nothing and fits everywhere. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}
