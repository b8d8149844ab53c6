import { Input, type Tensor } from '@counterpoise/engine';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../engine/src/testing/interpreter.js';
import type { TensorModule } from '../module.js';
import { ReLU, Sigmoid, Tanh } from './activations.js';
import { Flatten, Identity, Sequential } from './containers.js';
import { Conv2d } from './conv2d.js';
import { Linear } from './linear.js';
import { AdaptiveAvgPool2d, AvgPool2d, MaxPool2d } from './pooling.js';

function run(
  layer: TensorModule,
  shape: readonly number[],
  values: readonly number[],
): { y: Tensor; values: number[] } {
  const x = new Input('x', shape);
  const y = layer.forward(x);
  return { y, values: [...interpret([y], new Map([[x, values]]))[0]!] };
}

const count = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('Conv2d', () => {
  it('convolves with its weight and bias', () => {
    const layer = new Conv2d(1, 2, [1, 2], { stride: [1, 2], padding: [0, 1] });
    layer.weight.data.set([1, 10, 0, 1]);
    layer.bias!.data.set([0.5, -1]);
    // Rows are padded to 0 1 2 0 and 0 3 4 0; windows of two start at columns 0 and 2.
    const { y, values } = run(layer, [1, 1, 2, 2], [1, 2, 3, 4]);
    expect(y.shape).toEqual([1, 2, 2, 2]);
    expect(values).toEqual([10.5, 2.5, 30.5, 4.5, 0, -1, 2, -1]);
  });

  it('has groups, dilation and no bias on demand', () => {
    const layer = new Conv2d(2, 2, [1, 2], { groups: 2, dilation: 2, bias: false });
    expect(layer.weight.shape).toEqual([2, 1, 1, 2]);
    expect(layer.namedParameters().map(([key]) => key)).toEqual(['weight']);
    layer.weight.data.set([1, 1, 10, 100]);
    expect(run(layer, [1, 2, 1, 3], [1, 2, 3, 4, 5, 6]).values).toEqual([4, 640]);
  });

  it('refuses what cannot be', () => {
    expect(() => new Conv2d(3, 8, 3, { groups: 2 })).toThrow('"inChannels" (3) must be divisible by "groups" (2)');
    expect(() => new Conv2d(4, 9, 3, { groups: 2 })).toThrow('"outChannels" (9) must be divisible by "groups" (2)');
    expect(() => new Conv2d(0, 8, 3)).toThrow('"inChannels" must be a whole number of 1 or more, got 0');
    expect(() => new Conv2d(3, 1.5, 3)).toThrow('"outChannels" must be a whole number of 1 or more, got 1.5');
    expect(() => new Conv2d(3, 8, 0)).toThrow('"kernelSize" must be a whole number of 1 or more');
    expect(() => new Conv2d(3, 8, 3, { stride: [1, 0] })).toThrow('"stride" must be a whole number of 1 or more');
    expect(() => new Conv2d(3, 8, 3, { padding: -1 })).toThrow('"padding" must be a whole number of 0 or more');
    expect(() => new Conv2d(3, 8, 3, { dilation: 0 })).toThrow('"dilation" must be');
    expect(() => new Conv2d(3, 8, 3, { groups: 0 })).toThrow('"groups" must be');
  });
});

describe('Linear', () => {
  it('is x W^T + b', () => {
    const layer = new Linear(2, 3);
    layer.weight.data.set([1, 2, 3, 4, 5, 6]);
    layer.bias!.data.set([0, 0.5, -1]);
    expect(run(layer, [2, 2], [1, 10, -1, 0]).values).toEqual([21, 43.5, 64, -1, -2.5, -6]);
  });

  it('has no bias on demand', () => {
    const layer = new Linear(2, 1, { bias: false });
    layer.weight.data.set([1, 2]);
    expect(layer.bias).toBeUndefined();
    expect(run(layer, [1, 2], [3, 4]).values).toEqual([11]);
    expect(() => new Linear(2, 0)).toThrow('"outFeatures" must be a whole number of 1 or more, got 0');
    expect(() => new Linear(-2, 1)).toThrow('"inFeatures" must be');
  });
});

describe('pooling', () => {
  it('strides by the kernel size unless told', () => {
    expect(run(new MaxPool2d(2), [1, 1, 4, 4], count(16)).values).toEqual([6, 8, 14, 16]);
    expect(run(new AvgPool2d(2), [1, 1, 4, 4], count(16)).values).toEqual([3.5, 5.5, 11.5, 13.5]);
    expect(run(new MaxPool2d([1, 2], { stride: 1 }), [1, 1, 2, 3], count(6)).values).toEqual([2, 3, 5, 6]);
  });

  it('pads', () => {
    expect(
      run(
        new MaxPool2d(3, { stride: 2, padding: 1 }),
        [1, 1, 3, 3],
        count(9).map((v) => -v),
      ).values,
    ).toEqual([-1, -2, -4, -5]);
    const average = { stride: 3, padding: 1 };
    expect(run(new AvgPool2d(3, average), [1, 1, 2, 2], [1, 2, 3, 4]).values[0]).toBeCloseTo(10 / 9, 12);
    expect(run(new AvgPool2d(3, { ...average, countIncludePad: false }), [1, 1, 2, 2], [1, 2, 3, 4]).values).toEqual([
      2.5,
    ]);
  });

  it('adaptive average to one pixel', () => {
    const { y, values } = run(new AdaptiveAvgPool2d(1), [1, 2, 1, 3], count(6));
    expect(y.shape).toEqual([1, 2, 1, 1]);
    expect(values).toEqual([2, 5]);
    expect(() => new AdaptiveAvgPool2d(7 as 1)).toThrow('"outputSize" must be 1, got 7');
  });
});

describe('the rest', () => {
  it('activations', () => {
    expect(run(new ReLU(), [3], [-1, 0, 2]).values).toEqual([0, 0, 2]);
    expect(run(new Sigmoid(), [2], [0, 3]).values).toEqual([0.5, 1 / (1 + Math.exp(-3))]);
    expect(run(new Tanh(), [1], [0.3]).values[0]).toBeCloseTo(Math.tanh(0.3), 15);
  });

  it('Flatten and Identity', () => {
    expect(new Flatten().forward(new Input('x', [2, 3, 4, 5])).shape).toEqual([2, 60]);
    expect(new Flatten(2).forward(new Input('x', [2, 3, 4, 5])).shape).toEqual([2, 3, 20]);
    const x = new Input('x', [2]);
    expect(new Identity().forward(x)).toBe(x);
  });

  it('Sequential applies its modules in order', () => {
    const layer = new Linear(2, 1);
    layer.weight.data.set([1, -1]);
    layer.bias!.data.set([0]);
    expect(run(new Sequential(new Flatten(), layer, new ReLU()), [2, 1, 2, 1], [1, 3, 3, 1]).values).toEqual([0, 2]);
    const x = new Input('x', [2]);
    expect(new Sequential().forward(x)).toBe(x);
  });
});
