import { expect, test } from 'vitest';
import { stopGradient } from '../ops/constants.js';
import { add, mul } from '../ops/elementwise.js';
import { linear, matmul } from '../ops/matmul.js';
import { sum } from '../ops/reduce.js';
import { relu, sigmoid, square } from '../ops/unary.js';
import { findSharing } from './sharing.js';
import { Input, type Shape, Variable } from './tensor.js';

const variable = (name: string, shape: Shape) =>
  new Variable(name, shape, new Float32Array(shape.reduce((product, size) => product * size, 1)));
const x = new Input('x', [2, 3]);
const [w1, b1, w2, b2] = [
  variable('w1', [4, 3]),
  variable('b1', [4]),
  variable('w2', [4, 4]),
  variable('b2', [4]),
] as const;
const [head, other, third] = [variable('head', [2, 4]), variable('other', [1, 4]), variable('third', [1, 4])] as const;

/** Two layers, then heads. */
const trunk = () => relu(linear(relu(linear(x, w1, b1)), w2, b2));

test('a trunk with two heads', () => {
  const features = trunk();
  const [logits, box] = [linear(features, head), linear(features, other)];
  const losses = [sum(square(logits)), sum(sigmoid(box))];
  const sharing = findSharing(losses, [w1, b1, w2, b2, head, other]);
  expect([w1, b2, head, other].map((parameter) => sharing.lossesOf(parameter))).toEqual([[0, 1], [0, 1], [0], [1]]);
  expect(sharing.representation).toEqual([features]);
  expect(sharing.lastLayer).toEqual([w2, b2]);
  expect(sharing.outputs).toEqual([logits, box]);
});

test('a head of two losses is no representation of all three', () => {
  const features = trunk();
  const [logits, box] = [linear(features, head), linear(features, other)];
  const losses = [sum(logits), sum(square(box)), sum(sigmoid(box))];
  const sharing = findSharing(losses, [w1, b1, w2, b2, head, other]);
  expect(sharing.lossesOf(other)).toEqual([1, 2]);
  expect(sharing.representation).toEqual([features]);
  expect(sharing.outputs).toEqual([logits, box]);
});

test('features of two depths, and a weight that heads share directly', () => {
  const early = relu(linear(x, w1));
  const late = relu(linear(early, w2));
  const losses = [sum(add(linear(early, head), 1)), sum(add(linear(late, head), linear(early, other)))];
  const sharing = findSharing(losses, [w1, w2, head, other]);
  // Only the second loss reaches w2, so `early` is the last common tensor, beside the tied weight.
  expect(new Set(sharing.representation)).toEqual(new Set([early, head]));
  expect(sharing.lossesOf(w2)).toEqual([1]);
  expect(sharing.lastLayer).toEqual([head]);
});

test('losses on one output, as of a codec', () => {
  const output = linear(trunk(), head);
  const sharing = findSharing([sum(square(output)), sum(relu(output))], [w1, b1, w2, b2, head]);
  expect(sharing.outputs).toEqual([output]);
  expect(sharing.representation).toEqual([output]);
  expect(sharing.lastLayer).toEqual([head]);
});

test('an output that is a sum of parts', () => {
  const [early, late] = [linear(x, w1), trunk()];
  const output = add(linear(early, other), linear(late, third));
  const losses = [sum(square(output)), sum(relu(output))];
  expect(findSharing(losses, [w1, w2, other, third]).outputs).toEqual([output]);
  // A part that a loss sees by itself is an output of its own.
  const apart = linear(late, third);
  const seen = [sum(square(add(linear(early, other), apart))), sum(apart)];
  expect(findSharing(seen, [w1, w2, other, third]).outputs).toContain(apart);
});

test('nothing shared, stopped gradients, frozen parameters', () => {
  const apart = findSharing([sum(linear(x, w1)), sum(matmul(x, variable('free', [3, 3])))], [w1]);
  expect([apart.representation, apart.lastLayer, apart.lossesOf(w1)]).toEqual([[], [], [0]]);

  const features = trunk();
  const losses = [sum(linear(features, head)), sum(linear(stopGradient(features), other))];
  const stopped = findSharing(losses, [w1, b1, w2, b2, head, other]);
  expect([w1, other].map((parameter) => stopped.lossesOf(parameter))).toEqual([[0], [1]]);
  expect(stopped.representation).toEqual([]);

  const frozen = findSharing([sum(linear(features, head)), sum(linear(features, other))], [head, other]);
  expect(frozen.representation).toEqual([]);
  expect(frozen.lossesOf(w1)).toEqual([]);
});

test('one loss, and a loss that is a parameter itself', () => {
  const loss = sum(linear(trunk(), head));
  expect(findSharing([loss], [w1, head]).representation).toEqual([loss]);
  const p = variable('p', []);
  const sharing = findSharing([p, mul(p, 2)], [p]);
  expect(sharing.representation).toEqual([p]);
  expect(sharing.lossesOf(p)).toEqual([0, 1]);
  expect(sharing.outputs).toContain(p);
});

test('a weight that two losses use directly', () => {
  const losses = [sum(add(linear(x, w1), linear(x, variable('frozen', [4, 3])))), sum(linear(linear(x, w1), third))];
  expect(findSharing(losses, [w1, third]).representation).toEqual([w1]);
});
