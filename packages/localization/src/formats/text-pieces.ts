/** Files that are too large to be held at once. */
import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { textFile } from '../files.js';

const PIECE_BYTES = 2 ** 18;
const BOM = Buffer.from('\ufeff');

/**
 * The bytes of a UTF-8 file without its byte-order mark, in pieces of whole characters; none if there is no such file. A piece
 * is good until the next one is asked for.
 * @throws Error that names the file.
 */
export async function* textPieces(root: string, name: string, maxBytes: number): AsyncGenerator<Uint8Array> {
  const path = await textFile(root, name, maxBytes);
  if (path === undefined) return;
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES + 3);
    let held = 0;
    for (let isFirst = true; ; isFirst = false) {
      const { bytesRead } = await file.read(buffer, held, PIECE_BYTES);
      const end = held + bytesRead;
      const whole = bytesRead === 0 ? end : end - cutCharacter(buffer.subarray(0, end));
      const piece = buffer.subarray(0, whole);
      if (!isUtf8(piece)) throw new Error(`${name} is not UTF-8 text`);
      yield isFirst && piece.subarray(0, BOM.length).equals(BOM) ? piece.subarray(BOM.length) : piece;
      if (bytesRead === 0) return;
      buffer.copyWithin(0, whole, end);
      held = end - whole;
    }
  } finally {
    await file.close();
  }
}

/** How many bytes there are of a character whose end is missing. */
function cutCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes.at(-back)!;
    if (byte < 0x80) return 0;
    // 110xxxxx begins 2 bytes, 1110xxxx 3, 11110xxx 4.
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}
