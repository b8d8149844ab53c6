import { expect, test } from 'vitest';
import {
  type Best,
  countStep,
  isBetter,
  meansOfEpoch,
  readTrainingState,
  startEpoch,
  startPosition,
} from './progress-state.js';

const LOSSES = ['class', 'smooth-l1', 'giou'];

const best = (accuracy: number, meanIou: number): Best => {
  return { epoch: 1, boxAccuracy: 0, localizationAccuracy: 0, accuracy, meanIou };
};

test('the best epoch has the highest sum of accuracy and mean IoU; of equal ones the earlier is kept', () => {
  const kept = best(0.75, 0.5);
  expect(isBetter(kept, null)).toBe(true);
  expect(isBetter(best(0.7, 0.6), kept)).toBe(true);
  expect(isBetter(best(0.9, 0.3), kept)).toBe(false);
  expect(isBetter(best(0.5, 0.75), kept)).toBe(false);
});

test('means are of the steps that had a sample of the loss', () => {
  const position = startPosition(['class', 'box', 'other']);
  const weights = { class: 1, box: 4, other: 0 };
  countStep(position, { losses: { class: 1, box: 10, other: Number.NaN }, weights });
  countStep(position, { losses: { class: 3, box: Number.NaN, other: Number.NaN }, weights: { ...weights, box: 0 } });
  expect(meansOfEpoch(position)).toEqual({
    losses: { class: 2, box: 10, other: Number.NaN },
    weights: { class: 1, box: 4, other: Number.NaN },
  });
  startEpoch(position, 1);
  expect(position).toEqual({ ...startPosition(['class', 'box', 'other']), epoch: 1, step: 2 });
});

test('a state is read back, and anything else is refused', () => {
  const state = {
    config: 'a',
    data: 'b',
    classes: ['x'],
    position: { ...startPosition(LOSSES), best: null },
    balancer: {},
    metrics: { jsonl: 0, csv: 0 },
  };
  expect(readTrainingState('f', JSON.parse(JSON.stringify(state)), LOSSES)).toEqual(state);
  for (const key of Object.keys(state)) {
    expect(() => readTrainingState('f', { ...JSON.parse(JSON.stringify(state)), [key]: 1 }, LOSSES)).toThrow(
      'checkpoint "f" is not',
    );
  }
  // Of a training with other box losses.
  expect(() => readTrainingState('f', state, ['class', 'box'])).toThrow('is not of an unfinished training');
  const wrong = { ...state.position, lossSums: { class: 1 } };
  expect(() => readTrainingState('f', { ...state, position: wrong }, LOSSES)).toThrow(
    'is not of an unfinished training',
  );
});
