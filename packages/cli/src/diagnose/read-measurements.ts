/** Measurements from a file of JSON lines: those of `counterpoise weigh`, or the metrics of a run. */
import { createReadStream } from 'node:fs';
import type { Measurement } from '@counterpoise/training';
import { lineOf } from '../errors.js';
import { parseEvidence } from '../weigh/evidence.js';
import { LineError, readLines } from '../weigh/lines.js';
import { type Parsed, parseJson } from '../weigh/parse-json.js';

/** A line of 64 losses with its Gramian has less than 128 KiB. */
const LINE_BYTES = 2 ** 20;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder: of a run give its metrics.jsonl',
};

export interface ReadMeasurements {
  /** Of the first line, in the order of its text. */
  readonly names: readonly string[];
  readonly measurements: readonly Measurement[];
}

/**
 * @param limit the last so many steps are kept: a run may have millions.
 * @throws Error that names the file, and the line that cannot be used.
 */
export async function readMeasurements(file: string, limit: number): Promise<ReadMeasurements> {
  const kept: Measurement[] = [];
  let names: readonly string[] | undefined;
  try {
    for await (const { number, text } of readLines(createReadStream(file), LINE_BYTES)) {
      if (text.trim() === '') continue;
      try {
        const step = parseLine(text, names);
        if (!step) continue;
        names ??= step.names;
        kept.push({ ...step.measurement, where: `line ${number}` });
      } catch (error) {
        throw new LineError(number, (error as Error).message, { cause: error });
      }
      if (kept.length > limit) kept.shift();
    }
  } catch (error) {
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? lineOf(error);
    throw new Error(`"${file}": ${reason}`, { cause: error });
  }
  if (names === undefined) throw new Error(`"${file}": it has no line with losses`);
  return { names, measurements: kept };
}

interface NamedStep {
  readonly names: readonly string[];
  readonly measurement: Measurement;
}

/** Nothing for a line that is no training step, such as the end of an epoch. */
function parseLine(text: string, names: readonly string[] | undefined): NamedStep | undefined {
  const parsed = parseJson(text);
  if (parsed instanceof Map && parsed.has('kind')) return stepOfRun(parsed, names);
  const { evidence, tasks = [] } = parseEvidence(text);
  const losses = numbers('losses', evidence.losses);
  if (!losses) throw new Error('it has no "losses", which tell the names and sizes');
  const mask = (evidence.mask ?? {}) as Readonly<Record<string, unknown>>;
  const present = Object.entries(losses).filter(([name]) => !(Object.hasOwn(mask, name) && mask[name] === false));
  const gradientNorms = numbers('gradientNorms', evidence.gradientNorms);
  const gramian = matrix(evidence.gramian);
  const measurement = {
    losses: Object.fromEntries(present),
    ...(gradientNorms && { gradientNorms }),
    ...(gramian && { gramian }),
  };
  return { names: names ?? tasks, measurement };
}

/** What `metrics.jsonl` calls its numbers; `null` there is a NaN; with the weight 0 the loss had no sample. */
function stepOfRun(record: ReadonlyMap<string, Parsed>, known: readonly string[] | undefined): NamedStep | undefined {
  if (record.get('kind') !== 'step') return undefined;
  const under = (prefix: string) =>
    [...record].flatMap(([field, value]): [string, number][] => {
      if (!field.startsWith(prefix) || (value !== null && typeof value !== 'number')) return [];
      return [[field.slice(prefix.length), value ?? Number.NaN]];
    });
  const losses = under('train/loss/');
  if (losses.length === 0) return undefined;
  const names = known ?? losses.map(([name]) => name);
  const isAbsent = (name: string, loss: number) => Number.isNaN(loss) && record.get(`weight/${name}`) === 0;
  const cosine = (a: string, b: string) => record.get(`cosine/${a}:${b}`) ?? record.get(`cosine/${b}:${a}`);
  const cosines = names.map((a) =>
    names.map((b) => {
      const value = a === b ? 1 : cosine(a, b);
      return typeof value === 'number' ? value : Number.NaN;
    }),
  );
  const measurement = {
    losses: Object.fromEntries(losses.filter(([name, loss]) => !isAbsent(name, loss))),
    gradientNorms: Object.fromEntries(under('gradientNorm/')),
    weights: Object.fromEntries(under('weight/')),
    cosines,
  };
  return { names, measurement };
}

function numbers(field: string, value: unknown): Record<string, number> | undefined {
  if (value === undefined) return undefined;
  const entries = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value as object) : undefined;
  const bad = entries ? entries.find(([, item]) => typeof item !== 'number') : ['', value];
  if (!bad) return value as Record<string, number>;
  const where = bad[0] === '' ? `"${field}"` : `"${field}" of "${bad[0]}"`;
  throw new Error(
    `${where} must be ${entries ? 'a number' : 'an object of numbers by loss name'}, got ${JSON.stringify(bad[1])}`,
  );
}

function matrix(value: unknown): number[][] | undefined {
  if (value === undefined) return undefined;
  const isMatrix =
    Array.isArray(value) && value.every((row) => Array.isArray(row) && row.every((entry) => typeof entry === 'number'));
  if (isMatrix) return value as number[][];
  throw new Error(`"gramian" must be rows of numbers, got ${JSON.stringify(value).slice(0, 40)}`);
}
