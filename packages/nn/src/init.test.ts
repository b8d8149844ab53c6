import { describe, expect, it } from 'vitest';
import * as init from './init.js';
import { Sequential } from './layers/containers.js';
import { Conv2d } from './layers/conv2d.js';
import { Linear } from './layers/linear.js';
import { Module } from './module.js';
import { Random } from './random.js';

const SHAPE = [60, 20, 3, 3];
const FAN_IN = 20 * 9;
const FAN_OUT = 60 * 9;

function draw(initialiser: init.Initialiser, shape: readonly number[] = SHAPE): Float32Array {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(Number.NaN);
  initialiser(data, shape, new Random(7));
  return data;
}

function moments(data: Float32Array): { mean: number; std: number; low: number; high: number } {
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  const variance = data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length;
  const [low, high] = data.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  return { mean, std: Math.sqrt(variance), low, high };
}

// 10,800 draws: the standard deviation is known to 0.7 % (normal) and 0.4 % (uniform); 3 % is over four sigma.
function expectNormal(data: Float32Array, std: number): void {
  const found = moments(data);
  expect(found.std / std).toBeCloseTo(1, 1.5);
  expect(Math.abs(found.mean)).toBeLessThan((4.5 * std) / Math.sqrt(data.length));
  expect(found.high).toBeGreaterThan(2.5 * std);
}

function expectUniform(data: Float32Array, bound: number): void {
  const found = moments(data);
  expect(found.std / (bound / Math.sqrt(3))).toBeCloseTo(1, 1.5);
  expect(found.low).toBeGreaterThanOrEqual(-Math.fround(bound));
  expect(found.high).toBeLessThanOrEqual(Math.fround(bound));
  expect(found.high - found.low).toBeGreaterThan(1.98 * bound);
}

describe('distributions', () => {
  it('kaiming: gain / sqrt(fan)', () => {
    expectNormal(draw(init.kaimingNormal({ mode: 'fanOut', nonlinearity: 'relu' })), Math.sqrt(2 / FAN_OUT));
    expectNormal(draw(init.kaimingNormal()), Math.sqrt(2 / FAN_IN));
    expectUniform(draw(init.kaimingUniform({ a: Math.sqrt(5) })), 1 / Math.sqrt(FAN_IN));
    expectUniform(draw(init.kaimingUniform({ nonlinearity: 'linear' })), Math.sqrt(3 / FAN_IN));
  });

  it('xavier: gain * sqrt(2 / (fan in + fan out))', () => {
    expectNormal(draw(init.xavierNormal()), Math.sqrt(2 / (FAN_IN + FAN_OUT)));
    expectUniform(draw(init.xavierUniform(2)), 2 * Math.sqrt(6 / (FAN_IN + FAN_OUT)));
  });

  it('orthogonal: the fewer of rows and columns are orthogonal, of length gain', () => {
    for (const [rows, columns] of [
      [6, 20],
      [20, 6],
      [8, 8],
    ] as const) {
      const data = draw(init.orthogonal(2), [rows, columns]);
      const at = (vector: number, i: number) =>
        rows <= columns ? data[vector * columns + i]! : data[i * columns + vector]!;
      const length = Math.max(rows, columns);
      for (let a = 0; a < Math.min(rows, columns); a++) {
        for (let b = 0; b <= a; b++) {
          const product = Array.from({ length }, (_, i) => at(a, i) * at(b, i)).reduce((sum, term) => sum + term, 0);
          expect(product).toBeCloseTo(a === b ? 4 : 0, 5);
        }
      }
    }
    // A kernel is a matrix [out, in * kernel size]; here all its rows are orthogonal.
    const kernel = draw(init.orthogonal(), [4, 2, 3, 3]);
    expect(kernel.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(4, 5);
    expect(() => draw(init.orthogonal(), [5])).toThrow('need a shape of two dimensions or more, got [5]');
  });

  it('orthogonal: every orientation is equally likely', () => {
    const random = new Random(3);
    const sums = [0, 0, 0, 0];
    for (let drawn = 0; drawn < 2000; drawn++) {
      const data = new Float32Array(4);
      init.orthogonal()(data, [2, 2], random);
      data.forEach((value, i) => {
        sums[i]! += value;
      });
    }
    // Entries have mean 0 and variance 1/2: four sigma of the mean of 2000 are 0.063.
    for (const sum of sums) expect(Math.abs(sum / 2000)).toBeLessThan(0.064);
  });

  it('uniform, normal, constants', () => {
    const shifted = moments(draw(init.normal(5, 0.1)));
    expect(shifted.mean).toBeCloseTo(5, 2);
    expect(shifted.std).toBeCloseTo(0.1, 2);
    const between = moments(draw(init.uniform(2, 3)));
    expect(between.low).toBeGreaterThanOrEqual(2);
    expect(between.high).toBeLessThanOrEqual(3);
    expect([...draw(init.zeros(), [2])]).toEqual([0, 0]);
    expect([...draw(init.ones(), [2])]).toEqual([1, 1]);
    expect([...draw(init.constant(0.5), [2])]).toEqual([0.5, 0.5]);
  });

  it('gains are those of torch.nn.init.calculate_gain', () => {
    expect(init.calculateGain('linear')).toBe(1);
    expect(init.calculateGain('sigmoid')).toBe(1);
    expect(init.calculateGain('tanh')).toBe(5 / 3);
    expect(init.calculateGain('relu')).toBe(Math.SQRT2);
    expect(init.calculateGain('leakyRelu', 0.2)).toBeCloseTo(Math.sqrt(2 / 1.04), 15);
    expect(init.calculateGain('selu')).toBe(0.75);
  });

  it('fans need two dimensions', () => {
    expect(init.fans([7, 3])).toEqual({ fanIn: 3, fanOut: 7 });
    expect(init.fans(SHAPE)).toEqual({ fanIn: FAN_IN, fanOut: FAN_OUT });
    expect(() => draw(init.kaimingNormal(), [5])).toThrow('need a shape of two dimensions or more, got [5]');
  });
});

describe('initialise', () => {
  class Model extends Module {
    readonly head: Linear;
    readonly stem: Conv2d;
    constructor(headFirst: boolean) {
      super();
      const head = headFirst ? new Linear(20, 3) : undefined;
      this.stem = new Conv2d(8, 32, 3, { groups: 2 });
      this.head = head ?? new Linear(20, 3);
    }
  }

  it('gives layers the default ranges of PyTorch, 1 / sqrt(fan in)', () => {
    const { stem, head } = init.initialise(new Model(true), new Random(1));
    expectUniform(stem.weight.data, 1 / 6);
    expect(moments(stem.bias!.data).high).toBeLessThan(1 / 6);
    expect(moments(stem.bias!.data).low).toBeGreaterThan(-1 / 6);
    expect(moments(stem.bias!.data).high - moments(stem.bias!.data).low).toBeGreaterThan(0.2);
    expect(moments(head.weight.data).high).toBeLessThan(1 / Math.sqrt(20));
    expect(moments(head.weight.data).high).toBeGreaterThan(0.9 / Math.sqrt(20));
  });

  it('depends on the seed and the key only, not on the order of construction', () => {
    const one = init.initialise(new Model(true), new Random(1)).stateDict();
    const two = init.initialise(new Model(false), new Random(1)).stateDict();
    for (const [key, { data }] of one) expect(two.get(key)!.data).toEqual(data);
    const alone = new Random(1);
    alone.uniform();
    expect(init.initialise(new Model(true), alone).stateDict()).toEqual(one);
    expect(init.initialise(new Model(true), new Random(2)).stateDict()).not.toEqual(one);
  });

  it('gives equal layers different values', () => {
    const pair = new Sequential(new Linear(4, 4), new Linear(4, 4));
    const [first, second] = init.initialise(pair, new Random(0)).parameters();
    expect(first!.data).not.toEqual(second!.data);
  });

  it('is needed: values are NaN before', () => {
    expect(new Linear(2, 2).weight.data.every(Number.isNaN)).toBe(true);
    expect(
      init
        .initialise(new Model(true), new Random(0))
        .parameters()
        .some(({ data }) => data.some(Number.isNaN)),
    ).toBe(false);
  });
});
