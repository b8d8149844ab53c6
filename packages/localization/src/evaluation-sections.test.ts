import { expect, test } from 'vitest';
import { type LocalizationItem, truthOf } from './dataset.js';
import { evaluationSections } from './evaluation-sections.js';
import type { Evaluation } from './evaluator.js';
import { localizationMetrics } from './metrics.js';
import { shiftedEvaluation } from './testing/evaluations.js';

const { dataset, evaluation } = shiftedEvaluation(8);
const titled = async (title: string, ...given: Parameters<typeof evaluationSections>) =>
  (await evaluationSections(...given)).find((section) => section.title === title);

test('a row per class with its own metrics, and one for all', async () => {
  const { table } = (await titled('Classes', dataset, evaluation))!;
  expect(table!.columns).toEqual(['class', 'pictures', 'accuracy', 'mean IoU', 'localization accuracy']);
  expect(table!.rows.map(([name, pictures, accuracy]) => [name, pictures, accuracy])).toEqual([
    ['circle', 2, 0.5],
    ['square', 2, 1],
    ['triangle', 1, 1],
    ['star', 1, 1],
    ['cross', 1, 1],
    ['ring', 1, 1],
    ['all', 8, 7 / 8],
  ]);
  const { metrics } = evaluation;
  expect(table!.rows.at(-1)!.slice(3)).toEqual([metrics.meanIou, metrics.localizationAccuracy]);
});

test('a class without a picture has no values', async () => {
  const larger = { ...dataset, classes: [...dataset.classes, 'unseen'] };
  const { table } = (await titled('Classes', larger, evaluation))!;
  expect(table!.rows.at(-2)).toEqual(['unseen', 0, null, null, null]);
});

test('a confusion matrix; with many classes the most frequent confusions in its place', async () => {
  const { matrix } = (await titled('Confusion matrix', dataset, evaluation))!;
  expect(matrix!.names).toEqual(dataset.classes);
  expect(matrix!.counts[0]).toEqual([1, 1, 0, 0, 0, 0]);
  const many = { ...dataset, classes: [...dataset.classes, ...Array.from({ length: 60 }, (_, at) => `class ${at}`)] };
  const { table } = (await titled('Most frequent confusions', many, evaluation))!;
  expect(table!.rows).toEqual([['circle', 'square', 1]]);
});

test('the histogram has every overlap', async () => {
  const { histogram } = (await titled('Overlap', dataset, evaluation))!;
  expect(histogram!.values).toHaveLength(8);
  expect(histogram!.values[0]).toBeCloseTo(1, 12);
});

test('pictures: the smallest overlaps and the largest, and the wrong classes, surest first', async () => {
  const more = shiftedEvaluation(12);
  const ids = async (title: string, given: Evaluation) =>
    (await titled(title, more.dataset, given))?.pictures?.map(({ caption }) => /_(\d+):/.exec(caption)![1]);
  const { histogram } = (await titled('Overlap', more.dataset, more.evaluation))!;
  const overlaps = histogram!.values;
  const order = [...overlaps.keys()].sort((a, b) => overlaps[a]! - overlaps[b]! || a - b).map(String);
  expect(await ids('Smallest overlaps', more.evaluation)).toEqual(order.slice(0, 8));
  expect(await ids('Largest overlaps', more.evaluation)).toEqual(order.toReversed().slice(0, 8));
  const predictions = more.evaluation.predictions.map((prediction, at) => {
    return at < 3 ? { ...prediction, label: 5, score: 0.5 + at / 10 } : prediction;
  });
  expect(await ids('Wrong class, surest first', { ...more.evaluation, predictions })).toEqual(['2', '1', '0']);
  const right = more.dataset.items.map(({ label }, at) => ({ ...more.evaluation.predictions[at]!, label }));
  expect(await ids('Wrong class, surest first', { ...more.evaluation, predictions: right })).toBeUndefined();
});

test('what is not known of a picture is in no number, and no picture is compared with it', async () => {
  const partly = (change: (item: LocalizationItem, at: number) => LocalizationItem) => {
    const items = dataset.items.map(change);
    const metrics = localizationMetrics(evaluation.predictions, items.map(truthOf));
    return [
      { ...dataset, items },
      { ...evaluation, metrics },
    ] as const;
  };
  const some = partly((item, at) => {
    // The first has a wrong class.
    if (at === 0) return { ...item, label: null, className: null };
    return at === 1 ? { ...item, box: null } : item;
  });
  const { table } = (await titled('Classes', ...some))!;
  expect(table!.rows.map(([name, pictures, accuracy]) => [name, pictures, accuracy]).slice(0, 2)).toEqual([
    ['circle', 1, 1],
    ['square', 2, 1],
  ]);
  expect((await titled('Overlap', ...some))!.histogram!.values).toHaveLength(7);
  expect(await titled('Wrong class, surest first', ...some)).toBeUndefined();
  const none = await evaluationSections(...partly((item) => ({ ...item, box: null })));
  expect(none.map(({ title }) => title)).toEqual(['Classes', 'Confusion matrix', 'Wrong class, surest first']);
  expect(JSON.stringify(none)).not.toContain('NaN');
  expect(none[2]!.pictures![0]!.caption).toMatch(/\(true: circle\), no true box$/);
});
