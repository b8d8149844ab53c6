import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from './errors.js';

/** `runs/NAME-1`, or the first number that is free. */
export function freeFolder(name: string): string {
  for (let number = 1; ; number++) {
    const path = join('runs', `${name}-${number}`);
    if (!existsSync(path)) return path;
  }
}

/** @returns the names in the folder, none if it does not exist. @throws UsageError if it is a file. */
export async function namesInOut(path: string): Promise<readonly string[]> {
  return readdir(path).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') throw new UsageError(`--out "${path}" is a file: choose a new folder`);
    throw error;
  });
}

/** @throws UsageError if there is something at the path already. */
export async function requireFree(path: string): Promise<void> {
  const found = await namesInOut(path);
  if (found.includes('config.json') || found.includes('seeds.json')) {
    throw new UsageError(`--out "${path}" holds a run already: add --resume, or choose another folder`);
  }
  if (found.length > 0) throw new UsageError(`--out "${path}" is not empty: choose a new folder`);
}
