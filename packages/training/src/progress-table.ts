/** The table of a training: a row per epoch under a header of two lines, as wide as the terminal allows. */
import { formatCell, formatDuration, formatNumber, formatRate } from './format.js';
import type { EpochValues } from './records.js';

export interface EpochRow extends Omit<EpochValues, 'step'> {
  /** Epochs of the whole training. */
  readonly epochs: number;
  readonly perSecond: number;
  /** What is counted per second, for example images. */
  readonly unit: string;
  /** Of this epoch, validation included. */
  readonly seconds: number;
  /** How metrics are called on the screen, by name. */
  readonly labels: Readonly<Record<string, string>>;
}

interface Column {
  readonly name: string;
  readonly cell: string;
  readonly width: number;
}

/** Columns that are shown together or not at all. */
interface Block {
  /** Of equal groups beside each other the title is written once. */
  readonly group: string;
  /** The lowest stay longest on a narrow terminal. */
  readonly rank: number;
  readonly columns: readonly Column[];
}

const GAP = 2;
/** `-0.001234`: a loss may be negative. */
const LOSS_WIDTH = 9;
/** `0.001234` and `1.23e-10`. */
const NUMBER_WIDTH = 8;
/** Shares and the like, `0.1234`. */
const METRIC_WIDTH = 6;

/** The two lines of the header and the row, none longer than `width` characters. */
export function tableLines(row: EpochRow, width: number): { readonly header: readonly string[]; readonly row: string } {
  const shown = fitting(blocksOf(row), width);
  const columns = shown.flatMap((block) => block.columns);
  const cut = (line: string) => line.slice(0, width).trimEnd();
  const joined = (text: (column: Column) => string) =>
    cut(columns.map((column) => text(column).padStart(column.width)).join(' '.repeat(GAP)));
  return { header: [cut(groupLine(shown)), joined(({ name }) => name)], row: joined(({ cell }) => cell) };
}

function blocksOf(row: EpochRow): Block[] {
  const { epoch, epochs, trainLosses, valLosses = {}, weights, metrics = {}, labels } = row;
  const position = column('epoch', `${epoch}/${epochs}`, `${epochs}/${epochs}`.length);
  const columns = (values: Readonly<Record<string, number>>, width: number) =>
    Object.entries(values).map(([name, value]) => column(name, formatCell(value), width));
  const metricBlocks = Object.entries(metrics).map(([name, value]) => ({
    group: 'val',
    rank: 1,
    columns: [column(labels[name] ?? name, formatCell(value), METRIC_WIDTH)],
  }));
  return [
    { group: '', rank: 0, columns: [position] },
    { group: 'train', rank: 2, columns: columns(trainLosses, LOSS_WIDTH) },
    { group: 'weight', rank: 3, columns: columns(weights, NUMBER_WIDTH) },
    { group: 'val', rank: 7, columns: columns(valLosses, LOSS_WIDTH) },
    ...metricBlocks,
    { group: '', rank: 6, columns: [column('lr', formatNumber(row.learningRate), NUMBER_WIDTH)] },
    { group: '', rank: 5, columns: [column(`${row.unit}/s`, rateCell(row.perSecond), METRIC_WIDTH)] },
    { group: '', rank: 4, columns: [column('time', formatDuration(row.seconds), METRIC_WIDTH)] },
  ];
}

function column(name: string, cell: string, width: number): Column {
  return { name, cell, width: Math.max(name.length, width) };
}

function rateCell(rate: number): string {
  return Number.isFinite(rate) ? formatRate(rate) : '?';
}

/** The blocks of lowest rank that have room, in their order on the screen; the first in any case. */
function fitting(blocks: readonly Block[], width: number): Block[] {
  const kept = new Set<Block>();
  let room = width + GAP;
  for (const block of blocks.toSorted((a, b) => a.rank - b.rank)) {
    const needed = block.columns.reduce((sum, { width }) => sum + width + GAP, 0);
    if (needed === 0 || (needed > room && kept.size > 0)) continue;
    kept.add(block);
    room -= needed;
  }
  return blocks.filter((block) => kept.has(block));
}

/** Titles over their columns, with a rule as wide as those. */
function groupLine(blocks: readonly Block[]): string {
  const spans: { group: string; width: number }[] = [];
  for (const { group, columns } of blocks) {
    const width = columns.reduce((sum, column) => sum + column.width, (columns.length - 1) * GAP);
    const last = spans.at(-1);
    if (last?.group === group) last.width += GAP + width;
    else spans.push({ group, width });
  }
  const texts = spans.map(({ group, width }) => (group ? `─ ${group} `.padEnd(width, '─') : ' '.repeat(width)));
  return texts.join(' '.repeat(GAP));
}
