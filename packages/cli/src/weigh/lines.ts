/** Lines of a byte stream, each as soon as it is whole. */

/** A line that cannot be used; the message names it by its number. */
export class LineError extends Error {
  override readonly name = 'LineError';

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(`line ${line}: ${message}`, options);
  }
}

export interface Line {
  /** From 1; blank lines count. */
  readonly number: number;
  readonly text: string;
}

const NEWLINE = 0x0a;

/**
 * Splits at `\n` alone, so that no other separator inside a JSON string ends a line. Drops a `\r` before it and a byte order mark at the
 * beginning. The last line needs no end.
 *
 * @param limit largest length of a line in bytes: a stream without line ends must not fill the memory.
 * @throws LineError on a longer line, and on one that is not UTF-8.
 */
export async function* readLines(input: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Line, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  const append = (part: Uint8Array) => {
    length += part.length;
    if (length > limit) throw new LineError(number, `it is longer than ${limit} bytes`);
    parts.push(part);
  };
  const take = (): Line => {
    const line = { number, text: decode(number, parts) };
    [parts, length] = [[], 0];
    number++;
    return line;
  };
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      append(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    append(chunk.subarray(start));
  }
  if (length > 0) yield take();
}

function decode(number: number, parts: readonly Uint8Array[]): string {
  let text: string;
  try {
    // The decoder itself drops a byte order mark, but at the beginning of the stream alone it belongs to nobody's text.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: number > 1 }).decode(Buffer.concat(parts));
  } catch (error) {
    throw new LineError(number, 'it is not UTF-8', { cause: error });
  }
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
