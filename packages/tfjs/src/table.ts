/** Gradients of K losses for some tensors, and their weighted sums. */
import { addN, mul, type Tensor } from '@tensorflow/tfjs-core';

/** Of one tensor: the gradient of each loss, undefined where a loss does not reach it, which counts as zero. */
export type Row = readonly (Tensor | undefined)[];

/** Row by row what `perLoss` holds loss by loss: [loss][tensor] to [tensor][loss]. */
export function rowsOf(perLoss: readonly (readonly (Tensor | undefined)[])[], tensors: number): readonly Row[] {
  return Array.from({ length: tensors }, (_, at) => perLoss.map((gradients) => gradients[at]));
}

/** Those of tensors that two losses reach: there gradients are compared. A loss that is alone in its step is compared with none. */
export function sharedOf(rows: readonly Row[], losses: number): readonly Row[] {
  return rows.filter((row) => row.filter((gradient) => gradient).length >= Math.min(2, losses));
}

/** sum_k w_k g_k; undefined where no loss reaches. */
export function weightedSum(row: Row, weights: readonly number[]): Tensor | undefined {
  const terms = row.flatMap((gradient, k) => (gradient ? [mul(gradient, weights[k]!)] : []));
  return terms.length > 0 ? addN(terms) : undefined;
}
