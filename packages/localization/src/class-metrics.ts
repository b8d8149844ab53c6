/** How good predictions are class by class, and what is taken for what. */
import { type LabelledBox, type LocalizationMetrics, localizationMetrics } from './metrics.js';

/** The metrics over the pictures of each class, in the order of the classes; null where there is none. */
export function classMetrics(
  predictions: readonly LabelledBox[],
  truths: readonly LabelledBox[],
  classes: number,
): (LocalizationMetrics | null)[] {
  return Array.from({ length: classes }, (_, label) => {
    const indices = [...truths.keys()].filter((index) => truths[index]!.label === label);
    const of = (boxes: readonly LabelledBox[]) => indices.map((index) => boxes[index]!);
    return indices.length === 0 ? null : localizationMetrics(of(predictions), of(truths));
  });
}

/** How often the class of the row was taken for that of the column: [truth][prediction]. */
export function confusionMatrix(
  predictions: readonly Pick<LabelledBox, 'label'>[],
  truths: readonly Pick<LabelledBox, 'label'>[],
  classes: number,
): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [index, { label }] of truths.entries()) counts[label]![predictions[index]!.label]!++;
  return counts;
}

export interface Confusion {
  readonly truth: number;
  readonly prediction: number;
  readonly count: number;
}

/** The most frequent mistakes, the first most frequent; of equal ones in the order of the classes. */
export function confusions(matrix: readonly (readonly number[])[], limit: number): Confusion[] {
  const mistakes = matrix.flatMap((row, truth) =>
    row.flatMap((count, prediction) => (count > 0 && truth !== prediction ? [{ truth, prediction, count }] : [])),
  );
  return mistakes.sort((a, b) => b.count - a.count).slice(0, limit);
}
