/** Evaluations whose results are known, for tests of what shows them. */
import { type LocalizationDataset, unitBox, type WholeItem } from '../dataset.js';
import type { Evaluation } from '../evaluator.js';
import { generatedDataset } from '../generated.js';
import { localizationMetrics } from '../metrics.js';

/** Of generated pictures: boxes are off to the right by 0, 2, 4, ... hundredths, and the first item has another class. */
export function shiftedEvaluation(pictures: number): {
  dataset: LocalizationDataset<WholeItem>;
  evaluation: Evaluation;
} {
  const { val: dataset } = generatedDataset({ train: 1, val: pictures, frame: 100 });
  const truths = dataset.items.map((item) => ({ label: item.label, box: unitBox(item) }));
  const predictions = truths.map(({ box: [x1, y1, x2, y2], label }, at) => {
    const shift = (2 * at) / 100;
    return { label: at === 0 ? (label + 1) % 6 : label, score: 0.5, box: [x1 + shift, y1, x2 + shift, y2] as const };
  });
  const metrics = localizationMetrics(predictions, truths);
  return { dataset, evaluation: { metrics, losses: { class: 1, box: 1 }, predictions } };
}
