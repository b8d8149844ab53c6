/** Initialisation against PyTorch's and torchvision's distributions (`tools/goldens/make_optimizers.py`). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { initialise } from './init.js';
import { Conv2d } from './layers/conv2d.js';
import { Linear } from './layers/linear.js';
import type { Module } from './module.js';
import { Random } from './random.js';
import { resnet50 } from './resnet.js';

interface Drawn {
  readonly key: string;
  readonly shape: readonly number[];
}
type Uniform = Drawn & { readonly distribution: 'uniform'; readonly bound: number };
type Normal = Drawn & { readonly distribution: 'normal'; readonly variance: number };
type Fixed = Drawn & { readonly distribution: 'constant'; readonly value: number };

interface Goldens {
  readonly initialisation: readonly (Uniform & { readonly module: string })[];
  readonly resnet50Initialisation: readonly (Uniform | Normal | Fixed)[];
}

const goldens = JSON.parse(readFileSync(new URL('../goldens/optimizers.json', import.meta.url), 'utf8')) as Goldens;

/** By their PyTorch spelling in the golden file. */
const MODULES: Readonly<Record<string, () => Module>> = {
  'Conv2d(in_channels=3, out_channels=8, kernel_size=3)': () => new Conv2d(3, 8, 3),
  'Conv2d(in_channels=8, out_channels=4, kernel_size=3, groups=4)': () => new Conv2d(8, 4, 3, { groups: 4 }),
  'Linear(in_features=64, out_features=10)': () => new Linear(64, 10),
};

/**
 * Mean and variance within six standard errors of the distribution; the variance of a sample variance of n values is
 * (kurtosis - 1) sigma^4 / n: 2 for the normal, 0.8 for the uniform distribution.
 */
function expectMoments(values: Float32Array, variance: number, kurtosis: number): void {
  const count = values.length;
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / count;
  expect(Math.abs(mean)).toBeLessThan(6 * Math.sqrt(variance / count));
  expect(Math.abs(squares / count - mean ** 2 - variance)).toBeLessThan(
    6 * variance * Math.sqrt((kurtosis - 1) / count),
  );
}

function expectUniform(values: Float32Array, bound: number): void {
  expectMoments(values, bound ** 2 / 3, 1.8);
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  expect(largest).toBeLessThanOrEqual(Math.fround(bound));
  expect(largest).toBeGreaterThan(bound * (1 - 20 / values.length));
}

describe("PyTorch's default initialisation", () => {
  it.each(goldens.initialisation)('of the $key of $module', ({ module, key, shape, bound }) => {
    const random = new Random(1);
    const draws = Array.from({ length: Math.ceil(20_000 / shape.reduce((a, b) => a * b, 1)) }, (_, i) => {
      const drawn = initialise(MODULES[module]!(), random.fork(String(i)))
        .stateDict()
        .get(key)!;
      expect(drawn.shape).toEqual(shape);
      return [...drawn.data];
    });
    expectUniform(Float32Array.from(draws.flat()), bound);
  });
});

it("torchvision's initialisation of ResNet-50", () => {
  const state = initialise(resnet50(), new Random(1)).stateDict();
  expect([...state.keys()]).toEqual(goldens.resnet50Initialisation.map(({ key }) => key));
  for (const golden of goldens.resnet50Initialisation) {
    const { shape, data } = state.get(golden.key)!;
    expect(shape, golden.key).toEqual(golden.shape);
    if (golden.distribution === 'normal') expectMoments(data, golden.variance, 3);
    else if (golden.distribution === 'uniform') expectUniform(data, golden.bound);
    else expect(data.every((value) => value === golden.value)).toBe(true);
  }
});
