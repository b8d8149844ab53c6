/**
 * Numbers about the gradients of K losses, taken where the gradients are and brought to the host as a few sums: per tensor
 * of the boundary one dot product for each pair of losses, so that the long sums over tensors are made in float64.
 */
import { abs, amax, concat, constant, mul, type Results, reshape, sum, type Tensor } from '@counterpoise/engine';
import type { Need } from 'counterpoise';

/** Of each tensor of a boundary: the gradient of each loss, undefined where a loss does not reach it: that counts as 0. */
export type GradientTable = readonly (readonly (Tensor | undefined)[])[];

/** A table of some parameters from one gradient per parameter: [loss][parameter], and the places of those wanted. */
export function rowsOf(
  perLoss: readonly (readonly (Tensor | undefined)[])[],
  places: readonly number[],
): GradientTable {
  return places.map((at) => perLoss.map((gradients) => gradients[at]));
}

/** `norms`: the products of each gradient with itself alone. `entries`: the largest and the mean absolute entry. */
export type Measure = 'gramian' | 'norms' | 'entries';

export interface GradientMeasures {
  /** [K][K]: `gramian[i][j]` = left gradient i . right gradient j. What was not asked for is 0. */
  readonly gramian: readonly (readonly number[])[];
  /** The same of each tensor of the boundary alone: `gramian` is their sum. */
  readonly perTensor: readonly (readonly (readonly number[])[])[];
  /** Of each loss, over all entries. */
  readonly max: readonly number[];
  readonly mean: readonly number[];
}

/** What serves these needs of a method; the norms always. */
export function measuresFor(needs: ReadonlySet<Need>): ReadonlySet<Measure> {
  const wanted = new Set<Measure>(needs.has('gramian') ? ['gramian'] : ['norms']);
  if (needs.has('gradientMax') || needs.has('gradientMean')) wanted.add('entries');
  return wanted;
}

/** Sums that a phase hands to the host, and how they are read there. */
export interface Measuring {
  readonly outputs: Readonly<Record<string, Tensor>>;
  read(results: Results): GradientMeasures;
}

/** The dot products of the gradients for one tensor where they are known without the gradients, [K', K'] of K' losses. */
export interface Block {
  /** The tensor's row in the table, which has no gradients there. */
  readonly row: number;
  readonly losses: readonly number[];
  readonly products: Tensor;
}

/** Measures the gradients of K losses against each other. */
export function measuring(
  table: GradientTable,
  losses: number,
  wanted: ReadonlySet<Measure>,
  blocks: readonly Block[] = [],
): Measuring {
  const isWanted = (i: number, j: number) => i === j || (i < j && wanted.has('gramian'));
  const products = productsOf(table, table, isWanted, blocks);
  const entries = wanted.has('entries') ? entriesOf(table) : undefined;
  return {
    outputs: { products: products.tensor, ...(entries && { max: entries.max, sum: entries.sum }) },
    read(results) {
      const { gramian, perTensor } = products.read(results.products!, losses);
      return {
        gramian: mirrored(gramian),
        perTensor: perTensor.map(mirrored),
        ...(entries ? entries.read(results, losses) : { max: [], mean: [] }),
      };
    },
  };
}

/** Measures the gradient of each loss against another tensor per parameter, of the same loss: the diagonal alone. */
export function selfMeasuring(left: GradientTable, right: GradientTable, losses: number): Measuring {
  return productMeasuring(left, right, losses, (i, j) => i === j);
}

/** Measures the gradients of one batch (`left`) against those of another. */
export function crossMeasuring(left: GradientTable, right: GradientTable, losses: number): Measuring {
  return productMeasuring(left, right, losses, () => true);
}

function productMeasuring(left: GradientTable, right: GradientTable, losses: number, isWanted: IsWanted): Measuring {
  const products = productsOf(left, right, isWanted);
  return {
    outputs: { products: products.tensor },
    read: (results) => ({ ...products.read(results.products!, losses), max: [], mean: [] }),
  };
}

/** Symmetric, from its upper half. */
function mirrored(upper: readonly (readonly number[])[]): number[][] {
  return upper.map((row, i) => row.map((_, j) => (i < j ? row[j]! : upper[j]![i]!)));
}

type IsWanted = (i: number, j: number) => boolean;

function productsOf(left: GradientTable, right: GradientTable, isWanted: IsWanted, blocks: readonly Block[] = []) {
  const pairs = left.flatMap((row, at) =>
    row.flatMap((a, i) =>
      right[at]!.flatMap((b, j) => (a && b && isWanted(i, j) ? [{ at, i, j, product: sum(mul(a, b)) }] : [])),
    ),
  );
  const ofBlocks = blocks.flatMap(({ row, losses }) => losses.flatMap((i) => losses.map((j) => ({ at: row, i, j }))));
  const found = [...pairs, ...ofBlocks];
  return {
    tensor: together([...pairs.map(({ product }) => product), ...blocks.map(({ products }) => products)]),
    read(values: Float32Array, losses: number): Pick<GradientMeasures, 'gramian' | 'perTensor'> {
      const zeros = () => Array.from({ length: losses }, () => new Array<number>(losses).fill(0));
      const perTensor = left.map(zeros);
      const gramian = zeros();
      for (const [place, { at, i, j }] of found.entries()) {
        // A block has all of its products.
        if (!isWanted(i, j)) continue;
        perTensor[at]![i]![j] = values[place]!;
        gramian[i]![j]! += values[place]!;
      }
      return { gramian, perTensor };
    },
  };
}

function entriesOf(table: GradientTable) {
  const size = table.reduce((total, row) => total + (row.find((gradient) => gradient)?.size ?? 0), 0);
  const found = table.flatMap((row) =>
    row.flatMap((gradient, loss) => {
      const entries = gradient && abs(gradient);
      return entries ? [{ loss, max: amax(entries), sum: sum(entries) }] : [];
    }),
  );
  return {
    max: together(found.map(({ max }) => max)),
    sum: together(found.map((one) => one.sum)),
    read(results: Results, losses: number) {
      const [max, mean] = [new Array<number>(losses).fill(0), new Array<number>(losses).fill(0)];
      for (const [at, { loss }] of found.entries()) {
        max[loss] = Math.max(max[loss]!, results.max![at]!);
        mean[loss]! += results.sum![at]! / size;
      }
      return { max, mean };
    },
  };
}

/** All numbers as one vector: one output costs less than hundreds. */
function together(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 0) return constant([0]);
  return concat(
    tensors.map((tensor) => reshape(tensor, [tensor.size])),
    0,
  );
}
