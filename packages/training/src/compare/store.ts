/** The results of runs on the disk, one small JSON file each; what is there is never trained again. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../atomic.js';
import { stringifyExactly } from '../json.js';
import { makeFolder } from '../make-folder.js';
import type { RunOutcome, RunRequest } from './job.js';

/** `log-sum-lr0.001-seed1-` and ten digits of the SHA-256 of the request, because options do not fit in a file name. */
export function runName({ method, options, wraps, learningRate, seed }: RunRequest): string {
  const text = stringifyExactly('request', { method, options, wraps, learningRate, seed });
  const digits = createHash('sha256').update(text).digest('hex').slice(0, 10);
  return `${method.replace(/[^\w.-]/g, '_')}-lr${learningRate}-seed${seed}-${digits}`;
}

export const resultFile = (out: string, request: RunRequest) => join(out, 'results', `${runName(request)}.json`);
/** For whatever the job keeps; on its own, because most trainings want an empty folder. */
export const runFolder = (out: string, request: RunRequest) => join(out, 'runs', runName(request));

export async function makeFolders(out: string): Promise<void> {
  for (const name of ['results', 'runs']) await makeFolder(join(out, name));
}

export async function writeOutcome(out: string, request: RunRequest, outcome: RunOutcome): Promise<void> {
  const text = stringifyExactly('result', { request, outcome });
  await writeFileAtomic(resultFile(out, request), `${JSON.stringify(JSON.parse(text), null, 2)}\n`);
}

/** @returns undefined if there is none yet. @throws Error that names the file if it is not the result of this request. */
export async function readOutcome(out: string, request: RunRequest): Promise<RunOutcome | undefined> {
  const file = resultFile(out, request);
  if (!existsSync(file)) return undefined;
  try {
    const { request: of, outcome } = JSON.parse(await readFile(file, 'utf8')) as {
      readonly request?: RunRequest;
      readonly outcome?: RunOutcome;
    };
    if (of && runName(of) === runName(request) && outcome && ('diverged' in outcome || 'metrics' in outcome)) {
      return outcome;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Error(`"${file}" is not the result of its run: delete it, and the run is made again`);
}
