/** Opening files of a data set that somebody else made: nothing outside its folder is ever read. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, sep, win32 } from 'node:path';

/** Annotations and lists larger than this are refused. */
const MAX_TEXT_BYTES = 16 * 2 ** 20;

/**
 * What makes `name` unfit as a path inside a folder, or undefined. Backslashes count as separators on every system, so
 * that a set means the same everywhere.
 */
export function unsafeName(name: string): string | undefined {
  const shown = JSON.stringify(name);
  if (name.includes('\0')) return `${shown} holds a NUL character`;
  if (isAbsolute(name) || win32.isAbsolute(name) || /^[a-z]:/i.test(name)) return `${shown} is an absolute path`;
  if (name.split(/[\\/]/).includes('..')) return `${shown} leaves the folder of the data set`;
  return undefined;
}

/** The real path of `root/...names`, or undefined if there is no such file. @throws Error if it lies outside `root`. */
export async function pathInside(root: string, ...names: string[]): Promise<string | undefined> {
  const path = join(root, ...names);
  let real: string;
  try {
    real = await realpath(path);
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
  // realpath has followed every symbolic link on the way.
  if (real.startsWith(root.endsWith(sep) ? root : root + sep)) return real;
  throw new Error(`${JSON.stringify(join(...names))} is a link that leaves the folder of the data set`);
}

/** UTF-8 text without its byte-order mark, or undefined if there is no such file. */
export async function readText(root: string, ...names: string[]): Promise<string | undefined> {
  const path = await pathInside(root, ...names);
  if (path === undefined) return undefined;
  const info = await stat(path);
  if (!info.isFile()) throw new Error(`${join(...names)} is not an ordinary file`);
  if (info.size > MAX_TEXT_BYTES) {
    throw new Error(`${join(...names)} has ${info.size} bytes; at most ${MAX_TEXT_BYTES} are read`);
  }
  const bytes = await readFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${join(...names)} is not UTF-8 text`);
  }
}

/** The lines of a list, trimmed, without empty ones; any line ending. */
export function textLines(text: string): string[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** `work` on every element, at most `limit` at a time; results in the order of the elements. */
export async function mapLimited<T, R>(
  elements: readonly T[],
  limit: number,
  work: (element: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(elements.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < elements.length; index = next++) {
      results[index] = await work(elements[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, elements.length) }, worker));
  return results;
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
