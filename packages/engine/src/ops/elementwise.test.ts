import { describe, expect, it } from 'vitest';
import { Constant, Input } from '../graph/tensor.js';
import { interpret } from '../testing/interpreter.js';
import { constant, scalar, stopGradient } from './constants.js';
import { add, div, equal, greater, less, mul, pow, sub, where } from './elementwise.js';
import { cast } from './shape.js';
import { exp, square } from './unary.js';

const x = new Input('x', [2, 3]);
const labels = new Input('labels', [2], 'int32');

describe('what needs no operation', () => {
  it('returns the operand itself beside a neutral element', () => {
    expect([add(x, 0), add(0, x), sub(x, 0), mul(x, 1), mul(scalar(1), x), div(x, 1), pow(x, 1)]).toEqual(
      new Array(7).fill(x),
    );
  });

  it('keeps what is not neutral', () => {
    for (const [result, kind] of [
      [sub(0, x), 'Sub'],
      [div(1, x), 'Div'],
      [pow(1, x), 'Pow'],
      [mul(x, constant([1])), 'Mul'],
      [mul(x, 0), 'Mul'],
    ] as const) {
      expect(result.producer?.kind).toBe(kind);
    }
  });

  it('computes with scalar constants at once, in float32', () => {
    const folded = mul(add(1, 0.1), 3) as Constant;
    expect(folded).toBeInstanceOf(Constant);
    expect(folded.data[0]).toBe(Math.fround(Math.fround(1 + Math.fround(0.1)) * 3));
  });
});

describe('dtypes', () => {
  it('compares to bool, and selects by it', () => {
    const results = [greater(x, 1), less(x, 1), equal(x, 1)];
    expect(results.map(({ dtype }) => dtype)).toEqual(['bool', 'bool', 'bool']);
    const values = interpret([...results, where(results[0]!, x, -1)], new Map([[x, [0, 1, 2, 3, 1, -1]]]));
    expect(values.map((one) => [...one])).toEqual([
      [0, 0, 1, 1, 0, 0],
      [1, 0, 0, 0, 0, 1],
      [0, 1, 0, 0, 1, 0],
      [-1, -1, 2, 3, -1, -1],
    ]);
  });

  it('gives a number the dtype of the tensor beside it', () => {
    expect(equal(labels, 2).producer?.inputs[1]?.dtype).toBe('int32');
    expect(add(labels, 1).dtype).toBe('int32');
    expect(stopGradient(labels).dtype).toBe('int32');
    const wide = new Constant(BigInt64Array.of(1n), []);
    expect(add(wide, 2).dtype).toBe('int64');
    expect([...interpret([add(wide, 2)])[0]!]).toEqual([3]);
  });

  it('refuses operands that do not fit', () => {
    expect(() => add(labels, x)).toThrow('add: both operands must have one dtype, got int32 and float32');
    expect(() => mul(labels, 0.5)).toThrow('mul: the number 0.5 cannot be combined with a tensor of int32');
    expect(() => add(greater(x, 0), greater(x, 1))).toThrow(
      'add: operands must be numbers, got bool; convert with cast',
    );
    expect(() => equal(greater(x, 0), 1)).toThrow('equal: the number 1 cannot be combined with a tensor of bool');
    expect(() => where(x, x, x)).toThrow('where: "condition" must be bool, got float32');
    expect(() => exp(labels)).toThrow('exp: "x" must be float32, got int32');
    expect(() => square(labels)).toThrow('square: "x" must be float32, got int32');
  });

  it('cuts fractions off on the way to integers', () => {
    expect([...interpret([cast(constant([1.9, -1.9, 0]), 'int32')])[0]!]).toEqual([1, -1, 0]);
    expect([...interpret([cast(constant([1.9, -1.9, 0]), 'bool')])[0]!]).toEqual([1, 1, 0]);
    expect(cast(x, 'float32')).toBe(x);
  });
});

describe('shape errors', () => {
  it('name the operation and both shapes', () => {
    expect(() => mul(x, constant([1, 2]))).toThrow(/^mul: shapes \[2, 3\] and \[2\] do not broadcast/);
    expect(() => where(greater(x, 0), constant([1, 2]), 0)).toThrow(/^where: shapes \[2, 3\] and \[2\]/);
  });
});

describe('constants', () => {
  it('copy their values', () => {
    const values = Float32Array.of(1, 2);
    const made = constant(values);
    values[0] = 9;
    expect([...made.data]).toEqual([1, 2]);
    expect(constant(Int32Array.of(3), [1, 1])).toMatchObject({ dtype: 'int32', shape: [1, 1] });
    expect(constant(BigInt64Array.of(3n)).dtype).toBe('int64');
  });

  it('refuse a shape that does not fit', () => {
    expect(() => constant([1, 2, 3], [2, 2])).toThrow('a constant of shape [2, 2] needs 4 values, got 3');
  });
});
