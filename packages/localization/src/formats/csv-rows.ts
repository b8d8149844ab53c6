/** CSV to rows of texts, RFC 4180: quoted fields may hold separators, doubled quotes and line ends. */

export interface CsvRow {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Rows without empty ones, each when it is asked for: half a million that live at once cost a second of garbage collection.
 * Lines end in LF, CRLF or CR. The separator is the one of comma, semicolon and tab that the first line has most of,
 * outside quotes.
 * @throws Error that names the line of a quote that does not close, or closes in the middle of a field.
 */
export function parseCsv(text: string): { rows: Iterable<CsvRow>; separator: string } {
  const separator = separatorOf(text);
  return { rows: rowsOf(text, separator), separator };
}

function* rowsOf(text: string, separator: string): Generator<CsvRow> {
  let cells: string[] = [];
  let line = 1;
  let begin = 1;
  let at = 0;
  const isEmpty = () => cells.length === 1 && cells[0]!.trim() === '';
  while (at < text.length) {
    if (text[at] === '"') {
      const start = line;
      let end = at + 1;
      for (; ; end++) {
        end = text.indexOf('"', end);
        if (end < 0) throw new Error(`line ${start}: a quote is opened and never closed`);
        if (text[end + 1] !== '"') break;
        end++;
      }
      const content = text.slice(at + 1, end).replaceAll('""', '"');
      line += content.match(/\r\n|\n|\r/g)?.length ?? 0;
      at = end + 1;
      if (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') {
        throw new Error(
          `line ${line}: a quoted field must end at its quote, got ${JSON.stringify(text.slice(at, at + 12))}`,
        );
      }
      cells.push(content);
    } else {
      let end = at;
      while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end++;
      cells.push(text.slice(at, end));
      at = end;
    }
    if (at >= text.length) break;
    if (text[at] === separator) {
      at++;
      // The separator at the very end has an empty field after it.
      if (at === text.length) cells.push('');
      continue;
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
    line++;
    if (!isEmpty()) yield { line: begin, cells };
    cells = [];
    begin = line;
  }
  if (cells.length > 0 && !isEmpty()) yield { line: begin, cells };
}

function separatorOf(text: string): string {
  const first = /^(?:"[^"]*"|[^"\r\n])*/.exec(text.slice(0, 65_536))![0].replace(/"[^"]*"/g, '');
  const count = (separator: string) => first.split(separator).length;
  return [',', ';', '\t'].reduce((best, other) => (count(other) > count(best) ? other : best));
}
