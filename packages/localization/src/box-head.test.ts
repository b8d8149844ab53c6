import { gradients, Input, sum } from '@counterpoise/engine';
import { describe, expect, test } from 'vitest';
import { interpret } from '../../engine/src/testing/interpreter.js';
import { runOnRuntime } from '../../engine/src/testing/on-runtime.js';
import {
  BOX_HEADS,
  type BoxCoding,
  boxCodingFor,
  coordinatesOf,
  decodeBoxes,
  PLAIN_CORNERS,
  readBoxCoding,
  SMALLEST_STD,
  standardizationFor,
} from './box-head.js';
import type { Box, LocalizationDataset } from './dataset.js';
import { generatedDataset } from './generated.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function decoded(raw: readonly number[], coding: BoxCoding): number[] {
  const head = new Input('raw', [raw.length / 4, 4]);
  return [...interpret([decodeBoxes(head, coding)], new Map([[head, raw]]))[0]!];
}

function coordinates(boxes: readonly number[], head: BoxCoding['head']): number[] {
  const input = new Input('boxes', [boxes.length / 4, 4]);
  return [...interpret([coordinatesOf(input, head)], new Map([[input, boxes]]))[0]!];
}

/** Of the head's coordinates. */
const STANDARDIZATION = { mean: [0.3, 0.35, 0.4, 0.45], std: [0.1, 0.2, 0.15, 0.05] };

describe('the numbers of the head as boxes', () => {
  test('plain corners are sigmoids', () => {
    const box = decoded([0, 1, -2, 3], PLAIN_CORNERS);
    for (const [at, side] of [0.5, sigmoid(1), sigmoid(-2), sigmoid(3)].entries()) expect(box[at]).toBeCloseTo(side, 6);
  });

  test('centre and size are sigmoids around the centre', () => {
    const [cx, cy, w, h] = [0.5, sigmoid(1), sigmoid(-2), sigmoid(3)];
    const box = decoded([0, 1, -2, 3], { head: 'center', standardization: null });
    const expected = [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];
    for (const [at, side] of expected.entries()) expect(box[at]).toBeCloseTo(side, 6);
  });

  test('standardised corners are mean + std z', () => {
    const box = decoded([0, 1, -2, 3], { head: 'corners', standardization: STANDARDIZATION });
    for (const [at, side] of [0.3, 0.55, 0.1, 0.6].entries()) expect(box[at]).toBeCloseTo(side, 6);
  });

  test('standardised centres are mean + std z, sizes nearly so but always positive', () => {
    const coding: BoxCoding = { head: 'center', standardization: STANDARDIZATION };
    const size = (z: number) => coordinates(decoded([1, -1, z, z], coding), 'center');
    for (const [at, value] of [0.4, 0.15, 0.4, 0.45].entries()) expect(size(0)[at]).toBeCloseTo(value, 6);
    // 3 and 9 standard deviations from 0: the softplus is within 5 % of a deviation of the line.
    expect(Math.abs(size(2)[3]! - 0.55)).toBeLessThan(0.05 * 0.05);
    expect(Math.abs(size(1)[2]! - 0.55)).toBeLessThan(0.05 * 0.15);
    expect(size(-30)[2]).toBeGreaterThan(0);
    expect(size(-30)[3]).toBeGreaterThan(0);
  });

  test.each([null, STANDARDIZATION])(
    'centre and size give a valid box whatever comes out, in float32: %j',
    async (standardization) => {
      const values = [-1e4, -100, -20, -1, 0, 1, 20, 100];
      const raw = values.flatMap((a) => values.flatMap((b) => [a, b, b, a]));
      const head = new Input('raw', [raw.length / 4, 4]);
      const boxes = decodeBoxes(head, { head: 'center', standardization });
      const [slopes] = gradients(sum(boxes), [head]);
      const results = await runOnRuntime([boxes, slopes!], new Map([[head, raw]]));
      for (const result of results) expect([...result].every(Number.isFinite)).toBe(true);
      for (let at = 0; at < raw.length; at += 4) {
        const [x1, y1, x2, y2] = results[0]!.subarray(at, at + 4);
        expect(x1! <= x2! && y1! <= y2!).toBe(true);
      }
    },
  );

  test('the coordinates of a box are those that the head gives', () => {
    const boxes = [0.1, 0.2, 0.5, 0.8];
    expect(coordinates(boxes, 'corners')).toEqual(boxes);
    for (const [at, value] of [0.3, 0.5, 0.4, 0.6].entries()) {
      expect(coordinates(boxes, 'center')[at]).toBeCloseTo(value, 6);
    }
  });
});

function datasetOf(boxes: readonly Box[]): LocalizationDataset {
  const item = { label: 0, className: 'a', width: 200, height: 100 };
  return {
    classes: ['a'],
    items: boxes.map((box, at) => ({ ...item, id: String(at), box })),
    notices: [],
    rejected: [],
    load: async () => new Uint8Array(),
  };
}

describe('mean and standard deviation of the training boxes', () => {
  const data = datasetOf([
    [20, 10, 60, 50],
    [60, 30, 180, 50],
  ]);

  test('of the head’s coordinates, in units of the picture', () => {
    const corners = standardizationFor('corners', data);
    for (const [at, mean] of [0.2, 0.2, 0.6, 0.5].entries()) expect(corners.mean[at]).toBeCloseTo(mean, 12);
    for (const [at, std] of [0.1, 0.1, 0.3, SMALLEST_STD].entries()) expect(corners.std[at]).toBeCloseTo(std, 12);
    const center = standardizationFor('center', data);
    for (const [at, mean] of [0.4, 0.35, 0.4, 0.3].entries()) expect(center.mean[at]).toBeCloseTo(mean, 12);
    for (const [at, std] of [0.2, 0.05, 0.2, 0.1].entries()) expect(center.std[at]).toBeCloseTo(std, 12);
  });

  test('a single box, or equal ones, divide by no zero', () => {
    for (const head of BOX_HEADS) {
      const coding = boxCodingFor(head, true, datasetOf([[20, 10, 60, 50]]));
      expect(coding.standardization!.std).toEqual(Array(4).fill(SMALLEST_STD));
      // The head begins near the mean.
      for (const [at, side] of [0.1, 0.1, 0.3, 0.5].entries()) {
        expect(decoded([0, 0, 0, 0], coding)[at]).toBeCloseTo(side, 6);
      }
    }
  });

  test('none unless asked for', () => {
    expect(boxCodingFor('center', false, data)).toEqual({ head: 'center', standardization: null });
  });
});

describe('a coding in a checkpoint', () => {
  test('is read back', () => {
    const { train } = generatedDataset({ train: 20, val: 1 });
    for (const head of BOX_HEADS) {
      for (const standardize of [false, true]) {
        const coding = boxCodingFor(head, standardize, train);
        expect(readBoxCoding(JSON.parse(JSON.stringify(coding)))).toEqual(coding);
      }
    }
  });

  const standardization = { mean: [0, 0, 1, 1], std: [0.1, 0.1, 0.1, 0.1] };
  test.each<[unknown, string]>([
    [undefined, '"boxCoding" must be an object, got undefined'],
    [[], '"boxCoding" must be an object'],
    [{ head: 'edges', standardization: null }, '"boxCoding.head" must be one of corners, center, got "edges"'],
    [{ head: 'corners' }, '"boxCoding.standardization" must be an object, got undefined'],
    [
      { head: 'corners', standardization: { ...standardization, mean: [0, 0, 1] } },
      '.mean" must be four numbers in [0, 1]',
    ],
    [{ head: 'corners', standardization: { ...standardization, mean: [0, 0, 1, '1'] } }, '.mean" must be four numbers'],
    [{ head: 'corners', standardization: { ...standardization, mean: [0, 0, 1, 1e9] } }, '.mean" must be four numbers'],
    [
      { head: 'corners', standardization: { ...standardization, std: [0.1, 0.1, 0.1, 0] } },
      '.std" must be four numbers',
    ],
    [
      { head: 'center', standardization: { ...standardization, std: null } },
      '.std" must be four numbers in [0.005, 1]',
    ],
  ])('%j is refused', (value, message) => {
    expect(() => readBoxCoding(value)).toThrow(message);
  });
});
