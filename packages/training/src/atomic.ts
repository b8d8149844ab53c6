import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** `.NAME.8 hex digits.tmp`, beside the file itself, because a rename is only atomic within one file system. */
const TEMPORARY = /^\..+\.[0-9a-f]{8}\.tmp$/;

/**
 * Writes a file so that at every moment, also after a power cut, the path holds either the old content or the new one,
 * whole: write a temporary file in the same folder, fsync it, rename it over the path, fsync the folder.
 *
 * @param content a text, or the bytes of the file in parts; the parts must not change before the promise settles.
 * @throws Error with one line (its `cause` is the system's error); the old file is untouched and the temporary gone.
 */
export async function writeFileAtomic(path: string, content: string | Iterable<Uint8Array>): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      for (const part of typeof content === 'string' ? [Buffer.from(content)] : content) await writeAll(file, part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw new Error(`cannot write "${path}": ${reason(error)}; what was there before is unchanged`, { cause: error });
  }
}

/** Removes the temporary files that killed processes left in a folder. Call it only while nobody writes there. */
export async function removeStaleTemporaries(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (TEMPORARY.test(name)) await rm(join(folder, name), { force: true });
  }
}

async function writeAll(file: FileHandle, part: Uint8Array): Promise<void> {
  // One write call takes at most 2 GiB, and may take less than it is given when the disk fills up.
  for (let done = 0; done < part.byteLength; ) {
    const { bytesWritten } = await file.write(part, done, Math.min(part.byteLength - done, 2 ** 30));
    done += bytesWritten;
  }
}

/** The rename itself is in the folder: without this a power cut may undo it. */
async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder as a file, and needs no such call.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'the folder does not exist',
  EISDIR: 'it is a folder',
};

/** A system error in words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code && REASONS[code]) ?? message;
}
