/** Opening files of a data set that somebody else made: nothing outside its folder is ever read. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, posix, sep, win32 } from 'node:path';

/** Annotations and lists larger than this are refused. */
const MAX_TEXT_BYTES = 16 * 2 ** 20;
/** As most systems have it for paths, in characters. */
const MAX_NAME = 4096;
/** Folders that hold pictures in folders of folders are walked this deep. */
const MAX_DEPTH = 8;

/**
 * What makes `name` unfit as a path inside a folder, or undefined. Backslashes count as separators on every system, so
 * that a set means the same everywhere.
 */
export function unsafeName(name: string): string | undefined {
  if (name.length > MAX_NAME) return `${JSON.stringify(name.slice(0, 40))}... has ${name.length} characters`;
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

/** The path of a file that may be read as text, or undefined if there is none. @throws Error that names the file. */
export async function textFile(root: string, name: string, maxBytes: number): Promise<string | undefined> {
  const path = await pathInside(root, name);
  if (path === undefined) return undefined;
  const info = await stat(path);
  if (!info.isFile()) throw new Error(`${name} is not an ordinary file`);
  if (info.size > maxBytes) throw new Error(`${name} has ${info.size} bytes; at most ${maxBytes} are read`);
  return path;
}

/** UTF-8 text without its byte-order mark, or undefined if there is no such file. @throws Error that names the file. */
export async function readText(root: string, name: string, maxBytes = MAX_TEXT_BYTES): Promise<string | undefined> {
  const path = await textFile(root, name, maxBytes);
  if (path === undefined) return undefined;
  const bytes = await readFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${name} is not UTF-8 text`);
  }
}

/** Names in a folder in code-unit order, which no locale changes; empty if there is no such folder, or it lies outside. */
export async function listFolder(root: string, name = '.'): Promise<string[]> {
  return (await entries(root, name)).map((entry) => entry.name);
}

/** Paths of the files below a folder whose names `fits`, relative to `root`, sorted; links to folders are not followed. */
export async function listFiles(
  root: string,
  name: string,
  fits: (name: string) => boolean,
  depth = MAX_DEPTH,
): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await entries(root, name)) {
    const path = posix.join(name, entry.name);
    if (entry.isDirectory()) {
      if (depth > 0) found.push(...(await listFiles(root, path, fits, depth - 1)));
    } else if (fits(entry.name)) found.push(path);
  }
  return found;
}

async function entries(root: string, name: string) {
  const path = name === '.' ? root : await pathInside(root, name).catch(() => undefined);
  if (path === undefined) return [];
  try {
    const found = await readdir(path, { withFileTypes: true });
    return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return [];
    throw error;
  }
}

const PICTURE_ENDINGS = ['.jpg', '.jpeg', '.png', '.JPG', '.JPEG', '.PNG'];

export function isPictureName(name: string): boolean {
  return /\.(jpe?g|png)$/i.test(name);
}

/** The names that a picture without an ending may have. */
export function withPictureEndings(stem: string): string[] {
  return PICTURE_ENDINGS.map((ending) => stem + ending);
}

/** The lines of a list, trimmed, without empty ones; any line ending. */
export function textLines(text: string): string[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Files that are read at a time: libuv has four threads. */
export const PARALLEL = 4;

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

/** Does what it is called with, at most `limit` at a time; what comes later waits, first come, first served. */
export function inTurns(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < limit) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place goes straight to the next in line.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
