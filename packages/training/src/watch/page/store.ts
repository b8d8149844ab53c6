/** Everything the page knows about the runs. */
import { type Problem, type Reset, type Rows, type RunInfo, TABLES, type TableName } from '../protocol.js';
import { Clock } from './clock.js';
import { Table } from './table.js';

/** 400 MB of values on one page are enough for any screen. */
const MAX_VALUES = 1e8;

export class Run {
  info: RunInfo;
  /** Stays when other runs come and go. */
  readonly color: number;
  readonly #tables: Record<TableName, Table>;
  readonly #problems = new Set<string>();
  #clock = new Clock();

  constructor(info: RunInfo, color: number) {
    this.info = info;
    this.color = color;
    this.#tables = { step: new Table(), gradient: new Table(), epoch: new Table(), timing: new Table() };
  }

  table(name: TableName): Table {
    return this.#tables[name];
  }

  get clock(): Clock {
    return this.#clock;
  }

  get problems(): string[] {
    return [...this.info.problems, ...this.#problems];
  }

  addProblem(text: string): void {
    this.#problems.add(text);
  }

  clear(tables: readonly TableName[]): void {
    for (const name of tables) this.#tables[name] = new Table();
    if (tables.includes('timing')) this.#clock = new Clock();
    this.#problems.clear();
  }

  get lastStep(): number {
    const tables = TABLES.map((name) => this.#tables[name]).filter((table) => table.length > 0);
    return Math.max(0, ...tables.map((table) => table.stepAt(table.length - 1)));
  }

  get lastEpoch(): number {
    const { epoch } = this.#tables;
    return epoch.columns.get('epoch')?.at(epoch.length - 1) ?? 0;
  }

  /** From the last finished epoch; before any, all steps are taken for one epoch. */
  get stepsPerEpoch(): number {
    const { epoch } = this.#tables;
    const perEpoch = epoch.stepAt(epoch.length - 1) / this.lastEpoch;
    return Number.isFinite(perEpoch) && perEpoch > 0 ? perEpoch : Math.max(1, this.lastStep);
  }

  get valueCount(): number {
    const sizes = TABLES.map((name) => this.#tables[name].length * (this.#tables[name].columns.size + 2));
    return sizes.reduce((total, size) => total + size, 0);
  }
}

export class Store {
  readonly #runs = new Map<string, Run>();
  #order: readonly Run[] = [];

  /** In the order of their names. */
  get runs(): readonly Run[] {
    return this.#order;
  }

  clear(): void {
    this.#runs.clear();
    this.#order = [];
  }

  setRuns(infos: readonly RunInfo[]): void {
    const ids = new Set(infos.map(({ id }) => id));
    for (const id of this.#runs.keys()) if (!ids.has(id)) this.#runs.delete(id);
    this.#order = infos.map((info) => {
      const run = this.#runs.get(info.id) ?? new Run(info, this.#freeColor());
      run.info = info;
      this.#runs.set(info.id, run);
      return run;
    });
  }

  addRows({ run: id, tables }: Rows): void {
    const run = this.#runs.get(id);
    if (!run) return;
    if (this.#order.reduce((total, one) => total + one.valueCount, 0) > MAX_VALUES) {
      run.addProblem('too many values for one page: what follows is not shown');
      return;
    }
    for (const { table, steps, columns } of tables) {
      const values = columns.map(([name, text]) => [name, new Float32Array(bytesOf(text))] as const);
      const rows = new Float64Array(bytesOf(steps));
      run.table(table).append(rows, table === 'step' ? withShares(values) : values);
      if (table === 'timing') run.clock.append(rows, secondsOf(rows.length, values));
    }
  }

  reset({ run, tables }: Reset): void {
    this.#runs.get(run)?.clear(tables);
  }

  addProblem({ run, text }: Problem): void {
    this.#runs.get(run)?.addProblem(text);
  }

  #freeColor(): number {
    const taken = new Set([...this.#runs.values()].map((run) => run.color));
    let color = 0;
    while (taken.has(color)) color++;
    return color;
  }
}

/** Of every row of `timing.jsonl`; a training without validation has not both. */
function secondsOf(rows: number, columns: readonly Named[]): Float64Array {
  const seconds = new Float64Array(rows);
  for (const [name, values] of columns) {
    if (name !== 'trainSeconds' && name !== 'valSeconds') continue;
    for (const [row, value] of values.entries()) seconds[row]! += value || 0;
  }
  return seconds;
}

type Named = readonly [name: string, values: Float32Array];

/**
 * Adds |w L| / sum |w L| per loss that has a weight, unless the run has written it: how much of the total it is. A loss that is
 * absent has no part in it.
 */
export function withShares(columns: readonly Named[]): readonly Named[] {
  const byName = new Map(columns);
  const terms = columns.flatMap(([name, losses]): Named[] => {
    const loss = name.startsWith('train/loss/') ? name.slice('train/loss/'.length) : undefined;
    const weights = byName.get(`weight/${loss}`);
    return loss === undefined || !weights ? [] : [[loss, losses.map((value, at) => Math.abs(value * weights[at]!))]];
  });
  const total = (at: number) => terms.reduce((sum, [, values]) => sum + (values[at]! || 0), 0);
  const totals = Float64Array.from(terms[0]?.[1] ?? [], (_, at) => total(at));
  const shares = terms.map(
    ([loss, values]): Named => [`share/${loss}`, values.map((value, at) => value / totals[at]!)],
  );
  return [...columns, ...shares.filter(([name]) => !byName.has(name))];
}

function bytesOf(base64: string): ArrayBuffer {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes.buffer;
}
