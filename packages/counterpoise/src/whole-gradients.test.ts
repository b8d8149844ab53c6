import { describe, expect, test } from 'vitest';
import { methodRow, methods } from './catalog.js';
import { Balancer, type Json, type Method } from './index.js';
import { dbMtlMomentum } from './methods/whole/db-mtl-momentum.js';
import { excessMtl } from './methods/whole/excess-mtl.js';
import { mConfig } from './methods/whole/m-config.js';
import { moco } from './methods/whole/moco.js';
import { trimmedMean } from './methods/whole/trimmed-mean.js';
import { resolveMethod, wholeGradientMethods } from './whole-gradients.js';

const tasks = ['a', 'b'];

/** Of a method whose needs are known at run time alone. */
const balancerOf = (method: Method<Json, never>) => new Balancer<never>(method, { tasks });

describe('weights by hand', () => {
  test('moco: lambda = (1/2, 1/2) - 0.1 (G lambda), back on the simplex, in the unit of the raw losses', () => {
    const balancer = new Balancer(moco(), { tasks });
    const gramian = [
      [1, 0],
      [0, 3],
    ];
    const { weights } = balancer.weigh({ losses: { a: 2, b: 6 }, gradientNorms: { a: 4, b: 3 }, gramian });
    // (0.45, 0.35) plus 0.1 each; s = 2 / 4 and 6 / 3.
    expect(weights.a).toBeCloseTo(0.55 * 0.5, 7);
    expect(weights.b).toBeCloseTo(0.45 * 2, 7);
    // The step is 0.1 / sqrt(2) now: (0.55 (1 - r), 0.45 (1 - 3 r)), and a sum of 1 again.
    const rate = 0.1 / Math.SQRT2;
    const moved = [0.55 * (1 - rate), 0.45 * (1 - 3 * rate)];
    const missing = (1 - moved[0]! - moved[1]!) / 2;
    const next = balancer.weigh({ losses: { a: 2, b: 6 }, gradientNorms: { a: 4, b: 3 }, gramian });
    expect(next.weights.a).toBeCloseTo((moved[0]! + missing) * 0.5, 7);
  });

  test('moco: a loss of 0 still has a share in what was tracked before', () => {
    const balancer = new Balancer(moco(), { tasks });
    const gramian = [
      [1, 0],
      [0, 1],
    ];
    const { weights } = balancer.weigh({ losses: { a: 0, b: 1 }, gradientNorms: { a: 0, b: 1 }, gramian });
    expect(weights.a! / 1e-30).toBeCloseTo(0.5, 7);
    expect(() => balancer.weigh({ losses: { a: -1, b: 1 }, gradientNorms: { a: 0, b: 1 }, gramian })).toThrow(
      'loss "a" must be at least 0 for moco, got -1',
    );
  });

  test('excess-mtl: the first risk is the unit', () => {
    const balancer = new Balancer(excessMtl({ eta: 1 }), { tasks });
    expect(balancer.weigh({ gradientNorms: { a: 5, b: 1000 } }).weights).toEqual({ a: 1, b: 1 });
    const { weights } = balancer.weigh({ gradientNorms: { a: 10, b: 1000 } });
    expect(weights.a).toBeCloseTo((2 * Math.E ** 2) / (Math.E ** 2 + Math.E), 12);
    expect(weights.b).toBeCloseTo((2 * Math.E) / (Math.E ** 2 + Math.E), 12);
  });

  test('excess-mtl: a loss without gradient waits for its unit', () => {
    const balancer = new Balancer(excessMtl(), { tasks });
    const { weights, reasons } = balancer.weigh({ gradientNorms: { a: 0, b: 1 } });
    expect([weights, reasons.a?.code]).toEqual([{ a: 1, b: 1 }, 'no-gradient']);
  });

  test('db-mtl with momentum: to the longest of the tracked gradients, over the loss', () => {
    const balancer = new Balancer(dbMtlMomentum({ momentum: 0.5 }), { tasks });
    const { weights } = balancer.weigh({ losses: { a: 4, b: 0.5 }, gradientNorms: { a: 3, b: 6 } });
    expect(weights.a).toBeCloseTo(2 / 4, 6);
    expect(weights.b).toBeCloseTo(1 / 0.5, 6);
    expect(balancer.weigh({ losses: { a: 4, b: 1 }, gradientNorms: { a: 0, b: 6 } }).weights.a).toBeCloseTo(1 / 4, 6);
  });

  test('m-config: the weights of config', () => {
    const gramian = [
      [4, -1],
      [-1, 9],
    ];
    const losses = { a: 1, b: 1 };
    const plain = balancerOf(resolveMethod('config').method).weigh({ losses, gramian });
    expect(new Balancer(mConfig(), { tasks }).weigh({ losses, gramian }).weights).toEqual(plain.weights);
  });

  test('trimmed-mean: 1 / K of the losses that are there, and at least three of them', () => {
    const three = new Balancer(trimmedMean(), { tasks: ['a', 'b', 'c'], priorities: { c: 3 } });
    expect(three.weigh({ losses: { a: 1, b: 1, c: 1 } }).weights.c).toBe(1);
    expect(three.weigh({ losses: { a: 1, b: 1, c: 1 }, mask: { a: false } }).weights).toEqual({ a: 0, b: 0.5, c: 1.5 });
    expect(() => trimmedMean().init(tasks)).toThrow('trimmed-mean with "trim" 1 needs at least 3 losses, got 2');
    expect(() => trimmedMean({ trim: 0.5 })).toThrow('"trim" must be an integer in [0, inf), got 0.5');
  });
});

describe('every one of them', () => {
  const OPTIONS: Readonly<Record<string, object>> = {
    'db-mtl': { momentum: 0.9 },
    gradvac: { per: 'layer' },
    'trimmed-mean': { trim: 0 },
  };
  const names = Object.keys(wholeGradientMethods);
  const shown = (step: number) => ({
    losses: { a: 3 / step, b: 100 + step },
    gradientNorms: { a: step, b: 10 },
    gramian: [
      [step ** 2, -step],
      [-step, 100],
    ],
  });

  test.each(names)('%s goes on from its state, without an absent loss, and refuses what it never wrote', (name) => {
    const { method, wholeGradients } = resolveMethod(name, { ...OPTIONS[name] });
    expect(wholeGradients).toBe(true);
    const whole = balancerOf(method);
    const before = balancerOf(method);
    for (const step of [1, 2, 3]) {
      whole.weigh(shown(step));
      before.weigh(shown(step));
    }
    const after = balancerOf(method);
    after.load(JSON.parse(JSON.stringify(before.state())));
    const mask = { b: false };
    expect(after.weigh({ ...shown(4), mask })).toEqual(whole.weigh({ ...shown(4), mask }));
    const next = whole.weigh(shown(5));
    expect(after.weigh(shown(5))).toEqual(next);
    for (const weight of Object.values(next.weights)) expect(weight).toBeGreaterThan(0);
    expect(() => after.load({ ...before.state(), state: { nonsense: true } })).toThrow('"state"');
  });

  test.each(names)('%s has a row that names its options', (name) => {
    const row = methodRow(name);
    expect(row.name).toBe(name);
    expect(Object.keys(row.options)).toEqual(Object.keys(resolveMethod(name, { ...OPTIONS[name] }).method.options));
    expect(() => resolveMethod(name, { ...OPTIONS[name], speed: 1 })).toThrow(`${name} has no option "speed"`);
  });
});

test('an option decides whether db-mtl and gradvac need whole gradients', () => {
  expect(resolveMethod('db-mtl', { momentum: 0, epsilon: 1e-3 })).toMatchObject({
    wholeGradients: false,
    method: { options: { epsilon: 1e-3 } },
  });
  expect(resolveMethod('gradvac', { per: 'network', seed: 3 })).toMatchObject({
    wholeGradients: false,
    method: { options: { seed: 3 } },
  });
  expect(resolveMethod('gradvac').method.needs).toEqual(['gramian']);
  expect(() => resolveMethod('db-mtl', { momentum: 1 })).toThrow('"momentum" must be in [0, 1), got 1');
  expect(() => resolveMethod('gradvac', { per: 'matrix' })).toThrow('"per" must be one of network, layer');
  expect(() => resolveMethod('magic')).toThrow('there is no method "magic"');
  expect(Object.keys(methods)).not.toContain('grad-drop');
});
