/**
 * Reading a file of lines while another process writes it. A position is plain data that outlives the reader: it is kept by
 * the page, comes back when a lost connection is resumed, and is proven against the file before it is believed.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

export interface Position {
  /** Bytes that were read; the byte before is a line feed. */
  readonly offset: number;
  /** CRC-32 of the last bytes before `offset`, at most 256: a file that was cut and grew again has others there. */
  readonly mark: number;
}

export const START: Position = { offset: 0, mark: 0 };

export type Piece =
  /** Nothing new: no file, no whole line, or the file is not a plain one. */
  | { readonly kind: 'none' }
  /** The file is not the one that the position belongs to: begin at START. */
  | { readonly kind: 'reset' }
  /** A line that is longer than a piece may be. */
  | { readonly kind: 'overlong' }
  | { readonly kind: 'lines'; readonly lines: string; readonly position: Position };

/** Bytes of one piece, and of the longest line. Small, so that a long file holds up nothing else. */
export const PIECE_BYTES = 2 ** 20;
const MARK_BYTES = 256;

/** The whole lines after a position, as many as fit into a piece. A last line that has no line feed yet is left for later. */
export async function readPiece(path: string, position: Position): Promise<Piece> {
  const gone: Piece = position.offset > 0 ? { kind: 'reset' } : { kind: 'none' };
  const found = await plainFile(path);
  if (!found || found.size < position.offset) return gone;
  if (found.size === position.offset) return { kind: 'none' };
  const file = await openPlain(path);
  if (!file) return gone;
  try {
    return await pieceOf(file, position);
  } finally {
    await file.close();
  }
}

async function pieceOf(file: FileHandle, position: Position): Promise<Piece> {
  const before = Math.min(MARK_BYTES, position.offset);
  const buffer = Buffer.allocUnsafe(before + PIECE_BYTES);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, position.offset - before);
  const bytes = buffer.subarray(0, bytesRead);
  if (bytesRead < before || crc32(bytes.subarray(0, before)) !== position.mark) return { kind: 'reset' };
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end <= before) return bytesRead === buffer.length ? { kind: 'overlong' } : { kind: 'none' };
  const mark = crc32(bytes.subarray(Math.max(0, end - MARK_BYTES), end));
  return {
    kind: 'lines',
    lines: bytes.toString('utf8', before, end),
    position: { offset: position.offset + end - before, mark },
  };
}

/** Not a link, which may lead out of the folder, and nothing that blocks when it is read. */
export async function plainFile(path: string): Promise<Stats | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() ? found : undefined;
}

/** Opens a file for reading, but no link, even if one took its place just now; undefined if that cannot be done. */
export async function openPlain(path: string): Promise<FileHandle | undefined> {
  // Windows knows neither flag.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  return open(path, flags).catch(() => undefined);
}
