/** The pictures that the words of a command line stand for: files, folders, and what comes on standard input. */
import { realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isPictureName, listFiles, textLines } from '../files.js';
import { isJpegOrPng, MAX_FILE_BYTES, type NamedPicture } from '../images.js';

/** The word that stands for standard input. */
export const STDIN = '-';
/** As most systems have it for paths, in bytes. */
const MAX_LINE = 4096;
const NEWLINE = 10;

/** A file, a picture in memory, or why there is none. */
export type PictureSource = string | NamedPicture | Error;

/**
 * A folder stands for all files below it that are called .jpg, .jpeg or .png, sorted; files that begin with a dot are left
 * out. `-` stands for standard input: either the bytes of one JPEG or PNG, or names of files and folders, one a line, each
 * of which is handed on as soon as its line is there.
 *
 * @param stdin read only where a word asks for it.
 */
export async function* pictureSources(
  words: readonly string[],
  stdin: AsyncIterable<Uint8Array>,
): AsyncGenerator<PictureSource, void, void> {
  for (const word of words) yield* word === STDIN ? fromStdin(stdin) : fromPath(word);
}

async function* fromPath(path: string): AsyncGenerator<PictureSource, void, void> {
  const info = await stat(path).catch(() => undefined);
  // What is not there is told by whoever opens it.
  if (!info?.isDirectory()) return yield path;
  const files = await listFiles(
    await realpath(path),
    '.',
    (name) => isPictureName(name) && !basename(name).startsWith('.'),
  );
  if (files.length === 0) yield new Error(`${path}: there is no .jpg, .jpeg or .png file in this folder`);
  for (const file of files) yield join(path, file);
}

async function* fromStdin(stdin: AsyncIterable<Uint8Array>): AsyncGenerator<PictureSource, void, void> {
  const chunks = stdin[Symbol.asyncIterator]();
  try {
    yield* fromChunks(chunks);
  } finally {
    // Whoever writes to a program that reads no more should learn of it.
    await chunks.return?.();
  }
}

async function* fromChunks(chunks: AsyncIterator<Uint8Array>): AsyncGenerator<PictureSource, void, void> {
  let rest = Buffer.alloc(0);
  let isList = false;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    rest = Buffer.concat([rest, next.value]);
    if (!isList && isJpegOrPng(rest)) return yield await wholePicture(rest, chunks);
    const end = rest.lastIndexOf(NEWLINE) + 1;
    const names = namesIn(rest.subarray(0, end));
    rest = rest.subarray(end);
    if (names === undefined || rest.length > MAX_LINE) return yield new Error(NOT_UNDERSTOOD);
    isList ||= end > 0;
    for (const name of names) yield* fromPath(name);
  }
  const last = namesIn(rest);
  if (last === undefined) return yield new Error(NOT_UNDERSTOOD);
  if (!isList && last.length === 0) {
    return yield new Error('stdin: it is empty; give a JPEG or PNG picture, or names of files');
  }
  for (const name of last) yield* fromPath(name);
}

const NOT_UNDERSTOOD = 'stdin: this is neither a JPEG or PNG picture nor names of files, one a line';

async function wholePicture(start: Uint8Array, chunks: AsyncIterator<Uint8Array>): Promise<NamedPicture | Error> {
  const parts = [start];
  let length = start.length;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    parts.push(next.value);
    length += next.value.length;
    if (length > MAX_FILE_BYTES) return new Error(`stdin: the picture has more than ${MAX_FILE_BYTES} bytes`);
  }
  return { name: 'stdin', bytes: Buffer.concat(parts) };
}

/** The names on these lines, or undefined if they are no text: control characters would reach the terminal in messages. */
function namesIn(lines: Uint8Array): string[] | undefined {
  try {
    const names = textLines(new TextDecoder('utf-8', { fatal: true }).decode(lines));
    return names.some((name) => /\p{Cc}/u.test(name)) ? undefined : names;
  } catch {
    return undefined;
  }
}
