/** From lines of JSON to columns of numbers. */
import type { MetricsRecord } from '../records.js';
import type { TableName, TableRows } from './protocol.js';

export interface ParsedRows {
  readonly tables: readonly TableRows[];
  /** Lines that are no JSON object with a finite number as `step`. */
  readonly badLines: number;
}

/** Nobody looks at more curves of a table; a file that has more names has them by mistake, or wants to fill the memory. */
const MAX_COLUMNS = 256;

/** What a training measures in some steps alone. */
const MEASURED = /^(gradientNorm|cosine)\//;

/** @param lines whole lines of one file. @param tableOf which table a record belongs to; undefined for none. */
export function parseRows(lines: string, tableOf: (record: MetricsRecord) => TableName | undefined): ParsedRows {
  const byTable = new Map<TableName, MetricsRecord[]>();
  let badLines = 0;
  for (const record of parseLines(lines)) {
    const table = record && Number.isFinite(record.step) ? tableOf(record) : undefined;
    if (!record || !table) {
      badLines++;
      continue;
    }
    const records = byTable.get(table);
    if (records) records.push(record);
    else byTable.set(table, [record]);
  }
  const tables = [...byTable].flatMap(([table, records]) =>
    table === 'step' ? tablesOfSteps(records) : [columnsOf(table, records, fieldsOf(records))],
  );
  return { tables, badLines };
}

/** Of `metrics.jsonl`. */
export function metricsTable(record: MetricsRecord): TableName | undefined {
  return record.kind === 'step' || record.kind === 'epoch' ? record.kind : undefined;
}

/** A list in the place of many single values is parsed in half the time; only if a line is bad they are taken one by one. */
function parseLines(lines: string): (MetricsRecord | undefined)[] {
  const separate = lines.split('\n').filter((line) => line.trim() !== '');
  try {
    const values: unknown[] = JSON.parse(`[${separate.join(',')}]`);
    // "1,2" is no value, but in a list it is two.
    if (values.length === separate.length) return values.map(asRecord);
  } catch {
    // One by one.
  }
  return separate.map((line) => {
    try {
      return asRecord(JSON.parse(line));
    } catch {
      return undefined;
    }
  });
}

function asRecord(value: unknown): MetricsRecord | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as MetricsRecord) : undefined;
}

function tablesOfSteps(records: readonly MetricsRecord[]): TableRows[] {
  const fields = fieldsOf(records);
  const measured = fields.filter((field) => MEASURED.test(field));
  const others = fields.filter((field) => !MEASURED.test(field));
  const measuring = records.filter((record) => measured.some((field) => Object.hasOwn(record, field)));
  const steps = columnsOf('step', records, others);
  return measuring.length > 0 ? [steps, columnsOf('gradient', measuring, measured)] : [steps];
}

/** The names of numbers in these records, in the order of their first appearance. */
function fieldsOf(records: readonly MetricsRecord[]): string[] {
  const names = new Set<string>();
  for (const record of records) {
    for (const name of Object.keys(record)) {
      // null is what JSON has for NaN and infinity: a curve with a gap.
      if (name !== 'step' && (typeof record[name] === 'number' || record[name] === null)) names.add(name);
    }
    // Two tables of steps.
    if (names.size > 2 * MAX_COLUMNS) break;
  }
  return [...names];
}

function columnsOf(table: TableName, records: readonly MetricsRecord[], fields: readonly string[]): TableRows {
  const columns = fields.slice(0, MAX_COLUMNS).map((name) => {
    const values = Float32Array.from(records, (record) => numberAt(record, name));
    return [name, base64(values)] as const;
  });
  return { table, steps: base64(Float64Array.from(records, (record) => Number(record.step))), columns };
}

function numberAt(record: MetricsRecord, name: string): number {
  const value = Object.hasOwn(record, name) ? record[name] : undefined;
  return typeof value === 'number' ? value : Number.NaN;
}

function base64({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
