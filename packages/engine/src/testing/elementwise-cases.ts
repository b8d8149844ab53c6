import { constant } from '../ops/constants.js';
import { add, div, greater, maximum, minimum, mul, pow, sub, where } from '../ops/elementwise.js';
import {
  abs,
  atan,
  erf,
  exp,
  log,
  neg,
  reciprocal,
  relu,
  sigmoid,
  softplus,
  sqrt,
  square,
  tanh,
} from '../ops/unary.js';
import { type Case, values } from './cases.js';

const positive = (shape: readonly number[]) => values(shape, 0.5, 2);

export const elementwiseCases: readonly Case[] = [
  { name: 'add, one shape', inputs: [values([2, 3]), values([2, 3])], build: add },
  { name: 'add, a row to images', inputs: [values([2, 3, 4, 5]), values([5])], build: add },
  { name: 'sub, both stretched', inputs: [values([3, 1, 4]), values([2, 1])], build: sub },
  { name: 'sub, number first', inputs: [values([3])], build: (x) => sub(1, x) },
  { name: 'mul, per channel', inputs: [values([2, 3, 4, 4]), values([1, 3, 1, 1])], build: mul },
  { name: 'mul, scalar tensor', inputs: [values([]), values([2, 3])], build: mul },
  { name: 'mul, twice the same broadcast', inputs: [values([3]), values([2, 3])], build: (x, y) => mul(mul(x, y), x) },
  { name: 'div', inputs: [values([2, 3]), positive([3])], build: div },
  { name: 'div, number first', inputs: [positive([4])], build: (x) => div(3, x) },
  { name: 'pow, cube', inputs: [values([5])], build: (x) => pow(x, 3) },
  { name: 'pow, half', inputs: [positive([5])], build: (x) => pow(x, 0.5) },
  { name: 'pow, of tensors', inputs: [positive([2, 3]), values([3])], build: pow },
  { name: 'pow, number first', inputs: [values([4])], build: (x) => pow(2, x) },
  { name: 'minimum', inputs: [values([4, 3]), values([3])], build: minimum },
  { name: 'maximum', inputs: [values([4, 3]), values([4, 1])], build: maximum },
  { name: 'maximum, of a number', inputs: [values([8])], build: (x) => maximum(x, 0.25) },
  {
    name: 'where, everything stretched',
    inputs: [values([2, 1, 4]), values([3, 1])],
    build: (a, b) => where(greater(constant([1, 2, 3, 4]), 2), a, b),
  },
  { name: 'where, condition from an input', inputs: [values([6])], build: (x) => where(greater(x, 0), square(x), 3) },
  { name: 'neg', inputs: [values([4])], build: neg },
  { name: 'exp', inputs: [values([4])], build: exp },
  { name: 'log', inputs: [positive([4])], build: log },
  { name: 'sqrt', inputs: [positive([4])], build: sqrt },
  { name: 'abs', inputs: [values([6])], build: abs },
  { name: 'square', inputs: [values([4])], build: square },
  { name: 'reciprocal', inputs: [positive([4])], build: reciprocal },
  { name: 'erf', inputs: [values([6])], build: erf },
  { name: 'atan', inputs: [values([6], -6, 6)], build: atan },
  { name: 'sigmoid', inputs: [values([6], -6, 6)], build: sigmoid },
  { name: 'tanh', inputs: [values([6])], build: tanh },
  { name: 'softplus', inputs: [values([6], -6, 6)], build: softplus },
  { name: 'relu, images', inputs: [values([2, 3, 4, 4])], build: relu },
  { name: 'relu, then a branch and a join', inputs: [values([2, 5])], build: (x) => add(relu(x), mul(relu(x), x)) },
];
