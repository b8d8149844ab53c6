import { describe, expect, it } from 'vitest';
import { PopArt, type PopArtState } from './pop-art.js';
import { Random } from './random.js';

function draws(count: number, mean: number, std: number, seed = 3): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => mean + std * random.normal());
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values: readonly number[]) => Math.sqrt(average(values.map((x) => (x - average(values)) ** 2)));
const near = (found: number, wanted: number, relative: number) =>
  expect(Math.abs(found - wanted)).toBeLessThanOrEqual(relative * Math.abs(wanted));

describe('statistics', () => {
  it('are 0 and 1 before the first update, and those of the first batch after it', () => {
    const popArt = new PopArt();
    expect([...popArt.normalize([3, -2])]).toEqual([3, -2]);
    expect(popArt.isEmpty).toBe(true);
    popArt.update([1, 2, 6]);
    expect(popArt.isEmpty).toBe(false);
    expect([...popArt.scale.mean]).toEqual([3]);
    near(popArt.scale.std[0]!, Math.sqrt(14 / 3), 1e-15);
  });

  it('count all targets alike at beta 1, however they are divided', () => {
    const [whole, parts] = [new PopArt(2, { beta: 1 }), new PopArt(2, { beta: 1 })];
    const targets = draws(60, 5, 2);
    whole.update(targets);
    for (const [from, to] of [
      [0, 2],
      [2, 34],
      [34, 60],
    ]) {
      parts.update(targets.slice(from, to));
    }
    for (const column of [0, 1]) {
      const own = targets.filter((_, at) => at % 2 === column);
      for (const { scale } of [whole, parts]) {
        near(scale.mean[column]!, average(own), 1e-14);
        near(scale.std[column]!, spread(own), 1e-13);
      }
    }
  });

  it('are the moving averages of targets and of their squares, with their bias corrected', () => {
    const [beta, popArt] = [0.8, new PopArt(1, { beta: 0.8 })];
    const batches = [draws(4, 10, 1, 1), draws(4, -3, 2, 2), draws(4, 20, 9, 3)];
    let [first, second, weight] = [0, 0, 0];
    for (const batch of batches) {
      popArt.update(batch);
      first = beta * first + (1 - beta) * average(batch);
      second = beta * second + (1 - beta) * average(batch.map((x) => x * x));
      weight = beta * weight + (1 - beta);
      near(popArt.scale.mean[0]!, first / weight, 1e-13);
      near(popArt.scale.std[0]!, Math.sqrt(second / weight - (first / weight) ** 2), 1e-13);
    }
  });

  it('do not cancel for a mean far above the deviation', () => {
    const popArt = new PopArt(1, { beta: 0.9, stdRange: [1e-12, 1e12] });
    for (let batch = 0; batch < 5; batch++) popArt.update([1e9 - 1e-3, 1e9 + 1e-3]);
    near(popArt.scale.std[0]!, 1e-3, 1e-3);
  });

  it('hold the deviation within its range: constant targets, tiny and huge ones', () => {
    const std = (...targets: number[]) => {
      const popArt = new PopArt();
      popArt.update(targets);
      return [popArt.scale.std[0], ...popArt.normalize(targets)];
    };
    expect(std(7, 7, 7)).toEqual([1e-4, 0, 0, 0]);
    expect(std(-1e-7, 1e-7).map((x) => Number(x!.toPrecision(6)))).toEqual([1e-4, -1e-3, 1e-3]);
    expect(std(-1e9, 1e9)).toEqual([1e6, -1000, 1000]);
  });
});

describe('the scale', () => {
  it.each([1e-3, 1, 1000, 1e5])('does not matter after normalisation: %f', (factor) => {
    const [one, other] = [new PopArt(), new PopArt()];
    const targets = draws(100, 2, 3);
    one.update(targets);
    other.update(targets.map((x) => x * factor));
    const [wanted, found] = [one.normalize(targets), other.normalize(targets.map((x) => x * factor))];
    found.forEach((value, at) => {
      expect(value).toBeCloseTo(wanted[at]!, 6);
    });
    expect(spread([...found])).toBeCloseTo(1, 6);
    other.denormalize(found).forEach((value, at) => {
      expect(value / factor).toBeCloseTo(targets[at]!, 5);
    });
  });

  it('is a copy', () => {
    const popArt = new PopArt();
    const { scale } = popArt;
    popArt.update([5, 6]);
    expect([...scale.mean, ...scale.std]).toEqual([0, 1]);
  });
});

describe('rescale', () => {
  const features = 5;
  const say = (weight: Float32Array, bias: Float32Array, input: readonly number[], popArt: PopArt) =>
    popArt.denormalize(
      Array.from(bias, (b, k) => input.reduce((sum, x, at) => sum + x * weight[k * features + at]!, b)),
    );

  it('keeps what a head says in the unit of the targets', () => {
    const popArt = new PopArt(2, { beta: 0.5 });
    const weight = Float32Array.from(draws(2 * features, 0, 1, 8));
    const bias = Float32Array.of(0.3, -0.2);
    const input = draws(features, 0, 1, 9);
    popArt.update(draws(8, 1, 2));
    const wanted = say(weight, bias, input, popArt);
    // The deviations go up to a thousand and down again, the means back and forth.
    for (const [mean, std] of [
      [50, 1],
      [-2000, 1000],
      [3, 0.01],
    ] as const) {
      popArt.rescale(weight, bias, popArt.update(draws(8, mean, std)));
      say(weight, bias, input, popArt).forEach((value, k) => {
        // Float32 has 24 bits of the largest number in the sum.
        const size = Math.abs(popArt.scale.mean[k]!) + Math.abs(popArt.scale.std[k]! * bias[k]!);
        expect(Math.abs(value - wanted[k]!)).toBeLessThan(1e-6 * size);
      });
    }
  });

  it('by hand', () => {
    const popArt = new PopArt();
    const [weight, bias] = [Float32Array.of(4, -8), Float32Array.of(1)];
    popArt.rescale(weight, bias, popArt.update([8, 12]));
    // m = 10, s = 2, from 0 and 1.
    expect([...weight, ...bias]).toEqual([2, -4, -4.5]);
  });

  it('refuses a head of another size', () => {
    const popArt = new PopArt(2);
    expect(() => popArt.rescale(new Float32Array(3), new Float32Array(2), popArt.scale)).toThrow(
      '"weight" must be 2 rows of equal length, got 3 numbers',
    );
    expect(() => popArt.rescale(new Float32Array(4), new Float32Array(1), popArt.scale)).toThrow(
      '"bias" must be 2 numbers, got 1',
    );
  });
});

it('goes on from a saved state bit for bit', () => {
  const one = new PopArt(2, { beta: 0.7 });
  one.update(draws(6, 1, 2));
  const two = new PopArt(2, { beta: 0.7 });
  two.load(JSON.parse(JSON.stringify(one.save())));
  for (const popArt of [one, two]) popArt.update(draws(10, -4, 1));
  expect(two.save()).toEqual(one.save());
  for (const wrong of [null, {}, { ...one.save(), mean: [1] }, { ...one.save(), variance: [1, -1] }]) {
    expect(() => two.load(wrong as PopArtState)).toThrow('"state" must be what PopArt.save() returned, of size 2, got');
  }
  expect(two.save()).toEqual(one.save());
});

it('refuses what has no scale, and changes nothing', () => {
  const popArt = new PopArt(2);
  popArt.update([1, 2, 3, 4]);
  const before = popArt.save();
  expect(() => popArt.update([1, 2, 3, Number.NaN])).toThrow('"targets" must be finite, got NaN at [1, 1]');
  expect(() => popArt.update([Number.POSITIVE_INFINITY, 2])).toThrow(
    '"targets" must be finite, got Infinity at [0, 0]',
  );
  expect(() => popArt.update([1, 2, 3])).toThrow('"targets" must be rows of 2 numbers, got 3');
  expect(() => popArt.update([])).toThrow('"targets" must hold at least one row, got none');
  expect(() => popArt.denormalize([1])).toThrow('"outputs" must be rows of 2 numbers, got 1');
  expect(popArt.save()).toEqual(before);
  expect(() => new PopArt(0)).toThrow('"size" must be an integer >= 1, got 0');
  expect(() => new PopArt(1, { beta: 0 })).toThrow('"beta" must be in (0, 1], got 0');
  expect(() => new PopArt(1, { stdRange: [0, 1] })).toThrow(
    '"stdRange" must be two finite numbers, 0 < low <= high, got [0, 1]',
  );
});
