import { expect, test } from 'vitest';
import { classMetrics, confusionMatrix, confusions } from './class-metrics.js';

const whole = [0, 0, 1, 1];
const half = [0, 0, 1, 0.5];
const none = [0, 0, 0, 0];
const truths = [0, 0, 0, 2, 2].map((label) => ({ label, box: whole }));
const predictions = [
  { label: 0, box: whole },
  { label: 2, box: half },
  { label: 0, box: none },
  { label: 2, box: half },
  { label: 1, box: whole },
];

test('each class has the metrics of its own pictures', () => {
  expect(classMetrics(predictions, truths, 3)).toEqual([
    { images: 3, accuracy: 2 / 3, meanIou: 0.5, boxAccuracy: 2 / 3, localizationAccuracy: 1 / 3 },
    null,
    { images: 2, accuracy: 0.5, meanIou: 0.75, boxAccuracy: 1, localizationAccuracy: 0.5 },
  ]);
});

test('a picture without a class is of no class, one without a box counts for its class alone', () => {
  const partly = [
    { label: null, box: whole },
    { label: 0, box: null },
  ];
  const [first, second] = classMetrics(predictions.slice(1, 3), partly, 2);
  expect(first).toMatchObject({ images: 1, accuracy: 1, meanIou: Number.NaN });
  expect(second).toBeNull();
  expect(confusionMatrix(predictions.slice(1, 3), partly, 2)).toEqual([
    [1, 0],
    [0, 0],
  ]);
});

test('the matrix has a row per true class and a column per predicted one', () => {
  const matrix = confusionMatrix(predictions, truths, 3);
  expect(matrix).toEqual([
    [2, 0, 1],
    [0, 0, 0],
    [0, 1, 1],
  ]);
  expect(confusions(matrix, 5)).toEqual([
    { truth: 0, prediction: 2, count: 1 },
    { truth: 2, prediction: 1, count: 1 },
  ]);
  const frequent = [
    [9, 1],
    [4, 0],
  ];
  expect(confusions(frequent, 1)).toEqual([{ truth: 1, prediction: 0, count: 4 }]);
});
