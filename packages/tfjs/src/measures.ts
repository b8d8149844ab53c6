/**
 * Numbers about the gradients of K losses, taken where the gradients are and brought to the host as a few sums: per tensor one
 * dot product for each pair of losses, so that the long sum over tensors is made in float64.
 */
import { abs, concat, max, mul, reshape, sum, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { Need } from 'counterpoise';
import type { Row } from './table.js';

export interface Measures {
  /** [K][K], symmetric; off the diagonal 0 unless the method needs the whole. */
  readonly gramian: readonly (readonly number[])[];
  /** Largest and mean absolute entry of the gradient of each loss; empty unless needed. */
  readonly max: readonly number[];
  readonly mean: readonly number[];
}

interface Sum {
  readonly tensor: Tensor;
  /** Puts the value of the tensor where it belongs. */
  add(value: number): void;
}

/** All sums as one tensor [S], and what is made of its values once they are on the host. */
export interface Measuring {
  readonly sums: Tensor1D;
  read(values: ArrayLike<number>): Measures;
}

export function measuring(rows: readonly Row[], losses: number, needs: ReadonlySet<Need>): Measuring {
  const gramian = Array.from({ length: losses }, () => new Array<number>(losses).fill(0));
  const hasEntries = needs.has('gradientMax') || needs.has('gradientMean');
  const largest = new Array<number>(hasEntries ? losses : 0).fill(0);
  const mean = new Array<number>(hasEntries ? losses : 0).fill(0);
  const size = rows.reduce((total, row) => total + (row.find((gradient) => gradient)?.size ?? 0), 0);
  const sums: Sum[] = [];
  for (const row of rows) {
    for (const [i, a] of row.entries()) {
      if (!a) continue;
      for (const [j, b] of row.entries()) {
        if (!b || j < i || (j > i && !needs.has('gramian'))) continue;
        sums.push({ tensor: dot(a, b), add: (value) => addSymmetric(gramian, i, j, value) });
      }
      if (!hasEntries) continue;
      const entries = abs(a);
      sums.push({ tensor: max(entries), add: (value) => (largest[i] = Math.max(largest[i]!, value)) });
      sums.push({ tensor: sumOf(entries), add: (value) => (mean[i]! += value / size) });
    }
  }
  return {
    sums: concat(sums.map(({ tensor }) => reshape(tensor, [1]))) as Tensor1D,
    read(values) {
      for (const [at, { add }] of sums.entries()) add(values[at]!);
      return { gramian, max: largest, mean };
    },
  };
}

function addSymmetric(matrix: number[][], i: number, j: number, value: number): void {
  matrix[i]![j]! += value;
  if (i !== j) matrix[j]![i]! += value;
}

function dot(a: Tensor, b: Tensor): Tensor {
  return sumOf(mul(a, b));
}

/** In two stages: a backend that adds up in float32 one by one loses less in short sums. */
function sumOf(x: Tensor): Tensor {
  return x.rank < 2 ? sum(x) : sum(sum(x, -1));
}
