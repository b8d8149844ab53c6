/** One process at a time in a folder: a file with the number of the process that works there. */
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits until the process of the file, if there is one, is gone, and takes its place.
 * @param patience how long to wait, in milliseconds.
 * @returns what gives it up.
 * @throws Error that names the process, if it is still there.
 */
export async function claim(file: string, patience: number): Promise<() => void> {
  const end = performance.now() + patience;
  for (;;) {
    try {
      // 'wx' fails if the file exists: of two that come at once one gets it.
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => unlinkSync(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = ownerOf(file);
    if (owner === undefined) continue;
    if (!isAlive(owner)) {
      unlinkIfThere(file);
      continue;
    }
    if (performance.now() >= end) {
      throw new Error(
        `process ${owner} is at work here, says "${file}": end it first, or delete the file if it is another program`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** `undefined` if the file has just gone; NaN, which is no living process, where a kill left it empty. */
function ownerOf(file: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch {
    return undefined;
  }
}

function isAlive(id: number): boolean {
  if (!(id > 0)) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // EPERM: alive, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
