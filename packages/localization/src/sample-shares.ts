/** Which part every picture has in the mean losses of a step, where of some the class or the box is not known. */
import type { Batch } from './batches.js';

/** [N] each: what the loss of a picture is multiplied with in the sum that stands for the mean. */
export interface SampleShares {
  readonly classShares: Float32Array;
  readonly boxShares: Float32Array;
}

type Known = Pick<Batch, 'hasClass' | 'hasBox'>;

/**
 * The mean over the pictures that have what the loss needs, as a sum: of B batches that a step averages, in which C pictures have
 * it, such a picture counts B / C and every other one 0, so that the mean of the batches' sums is the mean over the C pictures
 * however they are spread. Batches that are compared stand for themselves (B = 1).
 *
 * @returns also whether there is any such picture; of compared batches, whether each has one.
 */
export function sampleShares(
  batches: readonly Known[],
  averages: boolean,
): { readonly shares: readonly SampleShares[]; readonly present: { readonly class: boolean; readonly box: boolean } } {
  const groups = averages ? [batches] : batches.map((batch) => [batch]);
  const sharesOf = (has: (batch: Known) => Float32Array) => {
    const parts = groups.flatMap((group) => {
      const count = group.reduce((sum, batch) => sum + total(has(batch)), 0);
      const share = group.length / Math.max(1, count);
      return group.map((batch) => ({ values: has(batch).map((known) => known * share), isPresent: count > 0 }));
    });
    return { values: parts.map(({ values }) => values), isPresent: parts.every(({ isPresent }) => isPresent) };
  };
  const [classes, boxes] = [sharesOf(({ hasClass }) => hasClass), sharesOf(({ hasBox }) => hasBox)];
  return {
    shares: batches.map((_, at) => ({ classShares: classes.values[at]!, boxShares: boxes.values[at]! })),
    present: { class: classes.isPresent, box: boxes.isPresent },
  };
}

const total = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);
