/** What a diagnosis is made of: a few dozen steps of somebody's training, from wherever they come. */

type PerLoss = Readonly<Record<string, number | undefined>>;
type Rows = readonly (readonly number[])[];

/** One step. Gradients are those of each raw loss with respect to the parameters that the losses share. */
export interface Measurement {
  /** Raw losses by name. One that is missing was absent in this step. */
  readonly losses: PerLoss;
  /** L2 norms, in [0, inf), by name. Where there is a `gramian`, the roots of its diagonal are taken. */
  readonly gradientNorms?: PerLoss | undefined;
  /** Dot products of the gradients, K x K, in the order of the losses of the first step. */
  readonly gramian?: Rows | undefined;
  /** In place of a Gramian: cosines, K x K, in [-1, 1]; NaN where one was not measured. */
  readonly cosines?: Rows | undefined;
  /** What the training multiplied the losses by, by name, if that shall be judged too. */
  readonly weights?: PerLoss | undefined;
  /** How messages name this step, such as `line 12`. Default: `step` and its number from 1. */
  readonly where?: string;
}

/** A checked step: lists in the order of the losses; NaN is what was not measured. */
export interface Step {
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly cosines: Rows;
  readonly weights: readonly number[];
}

export interface Measured {
  readonly names: readonly string[];
  readonly steps: readonly Step[];
  /** Steps with a loss, norm or dot product that is not finite: they say nothing about the others. */
  readonly leftOut: number;
}

/** Far above any training known (MT50 has 50 tasks); K^2 numbers per step must not exhaust the memory. */
const MAX_LOSSES = 64;
/** A Gramian of float32 sums is symmetric and within Cauchy-Schwarz only to about this, relative to |g_i| |g_j|. */
const GRAMIAN_TOLERANCE = 1e-2;

/**
 * @param order names of the losses in the order of the matrices. Default: the keys of the first step's losses.
 * @throws RangeError that names the step and its field.
 */
export function checkMeasurements(measurements: readonly Measurement[], order?: readonly string[]): Measured {
  const first = measurements[0];
  if (!first) throw new RangeError('"measurements" must hold at least one step, got none');
  const names = order ?? Object.keys(first.losses);
  const begin = first.where ?? 'step 1';
  if (names.length === 0) throw new RangeError(`${begin}: "losses" must hold at least one loss, got none`);
  if (names.length > MAX_LOSSES) {
    throw new RangeError(`${begin}: "losses" must hold at most ${MAX_LOSSES} losses, got ${names.length}`);
  }
  const all = measurements.map((measurement, at) =>
    checkStep(measurement, names, measurement.where ?? `step ${at + 1}`),
  );
  const steps = all.filter((step) => step !== undefined);
  return { names, steps, leftOut: all.length - steps.length };
}

/** Nothing for a step that is not finite. */
function checkStep(measurement: Measurement, names: readonly string[], where: string): Step | undefined {
  const { losses, gradientNorms = {}, gramian, cosines, weights = {} } = measurement;
  const list = (field: string, values: PerLoss) => {
    const unknown = Object.keys(values).find((name) => !names.includes(name));
    if (unknown === undefined)
      return names.map((name) => (Object.hasOwn(values, name) ? (values[name] ?? null) : null));
    throw new RangeError(`${where}: "${field}" has "${unknown}", but the losses are ${names.join(', ')}`);
  };
  const lists = { losses: list('losses', losses), weights: list('weights', weights) };
  const norms = gramian ? squareOf('gramian', gramian, names, where).map(root) : list('gradientNorms', gradientNorms);
  const given = [...lists.losses, ...norms, ...lists.weights, ...(gramian ?? []).flat()];
  if (given.some((value) => value !== null && !Number.isFinite(value))) return undefined;
  const negative = norms.findIndex((norm) => norm !== null && norm < 0);
  if (negative >= 0) {
    throw new RangeError(
      `${where}: the gradient norm of "${names[negative]}" must be 0 or more, got ${norms[negative]}`,
    );
  }
  const missing = (value: number | null) => value ?? Number.NaN;
  const step = { losses: lists.losses.map(missing), norms: norms.map(missing), weights: lists.weights.map(missing) };
  const absent = step.losses.map(Number.isNaN);
  return {
    ...step,
    norms: step.norms.map((norm, k) => (absent[k] ? Number.NaN : norm)),
    cosines: cosinesOf(names, where, { gramian, cosines }).map((row, i) =>
      row.map((cosine, j) => (absent[i] || absent[j] ? Number.NaN : cosine)),
    ),
  };
}

function root(row: readonly number[], k: number): number {
  const square = row[k]!;
  // Rounding may leave a vanished gradient slightly negative; `cosinesOf` refuses what is more than rounding.
  return Number.isFinite(square) ? Math.sqrt(Math.max(0, square)) : square;
}

function cosinesOf(
  names: readonly string[],
  where: string,
  { gramian, cosines }: Pick<Measurement, 'gramian' | 'cosines'>,
): Rows {
  if (!gramian) {
    if (!cosines) return names.map(() => names.map(() => Number.NaN));
    return squareOf('cosines', cosines, names, where).map((row, i) =>
      row.map((cosine, j) => within(cosine, `${where}: "cosines" [${i}][${j}]`)),
    );
  }
  const norms = gramian.map(root);
  return gramian.map((row, i) =>
    row.map((product, j) => {
      const [length, mirrored] = [norms[i]! * norms[j]!, gramian[j]![i]!];
      const slack = GRAMIAN_TOLERANCE * length;
      if (Math.abs(product - mirrored) > slack || Math.abs(product) > length + slack) {
        throw new RangeError(
          `${where}: "gramian" must be a matrix of dot products, but [${i}][${j}] is ${product} beside ${mirrored} and norms ${norms[i]}, ${norms[j]}`,
        );
      }
      return length > 0 ? Math.max(-1, Math.min(1, product / length)) : Number.NaN;
    }),
  );
}

function within(cosine: number, where: string): number {
  if (Math.abs(cosine) > 1 + 1e-6) throw new RangeError(`${where} must be in [-1, 1], got ${cosine}`);
  return Math.max(-1, Math.min(1, cosine));
}

function squareOf(field: string, rows: Rows, names: readonly string[], where: string): Rows {
  const size = names.length;
  const isSquare = rows.length === size && rows.every((row) => row.length === size);
  if (isSquare) return rows;
  throw new RangeError(`${where}: "${field}" must be ${size} x ${size}, one row per loss (${names.join(', ')})`);
}
