import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reason } from './atomic.js';

/**
 * Makes a folder, with its parents; one that is there already is left as it is.
 *
 * The parents are walked here because `mkdir` with `recursive` never comes back from a file system where a parent exists and
 * yet no folder can be made in it, such as `/proc` on Linux: it takes the answer "no such folder" for a missing parent, for ever.
 *
 * @throws Error with one line that names the folder; its `cause` is the system's error.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeWithParents(path);
  } catch (error) {
    throw new Error(`cannot make the folder "${path}": ${problemOf(error)}`, { cause: error });
  }
}

async function makeWithParents(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    // Whatever the error: the roots of drives and folders that cannot be written to answer with others than EEXIST.
    if (await isFolder(path)) return;
    const parent = dirname(path);
    const isParentMissing = (error as NodeJS.ErrnoException).code === 'ENOENT' && !(await isFolder(parent));
    if (!isParentMissing || parent === path) throw error;
    await makeWithParents(parent);
    await mkdir(path).catch(async (again: unknown) => {
      // Another process may have made it in the meantime.
      if (!(await isFolder(path))) throw again;
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function problemOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'a file is in its place';
  return code === 'ENOENT' ? 'no folder can be made in that place' : reason(error);
}
