/** The comparison as Markdown, for a README, an issue or a paper's notes. */
import { oneLine } from '../one-line.js';
import type { Comparison } from './analysis.js';
import { findings } from './findings.js';
import { comparisonTable, TABLE_NOTE } from './table.js';

/** Findings, table and what its columns mean. Names come from the job: none of them ends a cell. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { columns, rows } = comparisonTable(comparison);
  const line = (cells: readonly unknown[]) =>
    `| ${cells.map((cell) => oneLine(String(cell)).replaceAll('|', '\\|')).join(' | ')} |`;
  const table = [line(columns), line(columns.map((_, at) => (at === 0 ? '---' : '--:'))), ...rows.map(line)];
  const sentences = findings(comparison).map((sentence) => `- ${oneLine(sentence)}`);
  return `${[...sentences, '', ...table, '', TABLE_NOTE].join('\n')}\n`;
}
