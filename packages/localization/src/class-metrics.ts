/** How good predictions are class by class, and what is taken for what. */
import { type LabelledBox, type LocalizationMetrics, localizationMetrics, type Truth } from './metrics.js';

/** The metrics over the pictures of each class, in the order of the classes; null where there is none. */
export function classMetrics(
  predictions: readonly LabelledBox[],
  truths: readonly Truth[],
  classes: number,
): (LocalizationMetrics | null)[] {
  return Array.from({ length: classes }, (_, label) => {
    const indices = [...truths.keys()].filter((index) => truths[index]!.label === label);
    const of = <T>(all: readonly T[]) => indices.map((index) => all[index]!);
    return indices.length === 0 ? null : localizationMetrics(of(predictions), of(truths));
  });
}

/** How often the class of the row was taken for that of the column: [truth][prediction]; without those whose class is not known. */
export function confusionMatrix(
  predictions: readonly Pick<LabelledBox, 'label'>[],
  truths: readonly Pick<Truth, 'label'>[],
  classes: number,
): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [index, { label }] of truths.entries()) {
    if (label !== null) counts[label]![predictions[index]!.label]!++;
  }
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
