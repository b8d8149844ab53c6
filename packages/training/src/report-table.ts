/** The tables of the report. */
import { formatCell } from './format.js';
import { escapeHtml } from './html.js';

export interface ReportTable {
  readonly columns: readonly string[];
  /** As many cells as columns; numbers are rounded to four digits and stand right. */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** How often what is in a row was taken for what is in a column. */
export interface ReportMatrix {
  /** Of rows and columns alike. */
  readonly names: readonly string[];
  readonly rowTitle: string;
  readonly columnTitle: string;
  /** [row][column], not negative. */
  readonly counts: readonly (readonly number[])[];
}

/** With more columns their heads are turned, so that the matrix stays on the page. */
const MAX_LEVEL_HEADS = 6;

/** Nothing without rows. @throws RangeError if a row does not fit its columns. */
export function renderTable(table?: ReportTable): string {
  if (!table || table.rows.length === 0) return '';
  const { columns, rows } = table;
  const isNumeric = columns.map((_, at) => rows.every((row) => typeof row[at] !== 'string'));
  const cell = (tag: 'td' | 'th', content: string, at: number) =>
    `<${tag}${isNumeric[at] ? ' class="number"' : ''}>${escapeHtml(content)}</${tag}>`;
  const body = rows.map((row, index) => {
    if (row.length !== columns.length) {
      throw new RangeError(`row ${index} must have ${columns.length} cells (${columns.join(', ')}), got ${row.length}`);
    }
    return `<tr>${row.map((value, at) => cell('td', showCell(value), at)).join('')}</tr>`;
  });
  const head = `<thead><tr>${columns.map((name, at) => cell('th', name, at)).join('')}</tr></thead>`;
  return scrolling(`<table>${head}<tbody>${body.join('')}</tbody></table>`);
}

function showCell(value: string | number | null): string {
  if (value === null) return '–';
  return typeof value === 'number' ? formatCell(value) : value;
}

/** Shaded by the share of the row: the diagonal in one colour, all else in another. @throws RangeError if it is not square. */
export function renderMatrix(matrix?: ReportMatrix): string {
  if (!matrix || matrix.names.length === 0) return '';
  const { names, rowTitle, columnTitle, counts } = matrix;
  if (counts.length !== names.length || counts.some((row) => row.length !== names.length)) {
    throw new RangeError(`"counts" must be ${names.length} x ${names.length}, as many as names`);
  }
  const heads = names.map((name) => matrixHead('col', name)).join('');
  const title = `<tr><td></td><th colspan="${names.length}" scope="colgroup">${escapeHtml(columnTitle)}</th></tr>`;
  const rows = names.map((name, row) => {
    const total = counts[row]!.reduce((sum, count) => sum + count, 0);
    const cells = counts[row]!.map((count, column) => {
      const share = count === 0 ? 0 : count / total;
      const kind = row === column ? 'right' : 'wrong';
      return count === 0 ? '<td>0</td>' : `<td class="${kind}" style="--share:${share.toFixed(3)}">${count}</td>`;
    });
    return `<tr>${matrixHead('row', name)}${cells.join('')}</tr>`;
  });
  const corner = `<tr><th>${escapeHtml(rowTitle)}</th>${heads}</tr>`;
  return matrixTable(names.length, `<thead>${title}${corner}</thead><tbody>${rows.join('')}</tbody>`);
}

/** A long name is cut; all of it stands in the title. */
export function matrixHead(scope: 'col' | 'row', name: string): string {
  const text = escapeHtml(name);
  return `<th scope="${scope}" title="${text}"><span>${text}</span></th>`;
}

export function matrixTable(size: number, content: string): string {
  return scrolling(`<table class="${size > MAX_LEVEL_HEADS ? 'matrix upright' : 'matrix'}">${content}</table>`);
}

/** A wide table scrolls in its place. */
function scrolling(table: string): string {
  return `<div class="scroll">${table}</div>`;
}
