import { add, Input, mul, square } from '@counterpoise/engine';
import { Balancer, createBalancer, createMethod, type Need } from 'counterpoise';
import { describe, expect, test } from 'vitest';
import { compileBalancedStep } from './balanced-step.js';
import {
  compiled,
  expectMatrix,
  feedsOf,
  flat,
  gramianOf,
  makeNet,
  parameter,
  referenceGradients,
  sgd,
  stepOf,
} from './balanced-step-net.test.helper.js';

/** first.weight, first.bias, second.weight, second.bias, a.weight, a.bias, b.weight, b.bias */
const SHARED = [0, 1, 2, 3, 6, 7];

describe('measured gradients', () => {
  test('the Gramian of all shared parameters; what one loss does not reach counts as zero', async () => {
    const net = makeNet();
    const feeds = feedsOf();
    const expected = gramianOf(await referenceGradients(net, feeds), SHARED);
    const step = await stepOf(net, createBalancer('mgda'));
    const { gramian, gradientNorms } = await step.run(feeds, { step: 1, learningRate: 0 });
    expectMatrix(gramian, expected);
    expect(gradientNorms!.far).toBeCloseTo(Math.sqrt(expected[1]![1]!), 3);
  });

  test('last layer', async () => {
    const net = makeNet();
    const feeds = feedsOf();
    const expected = gramianOf(await referenceGradients(net, feeds), [2, 3]);
    const step = await stepOf(net, createBalancer('mgda'), { boundary: 'last-layer' });
    expectMatrix((await step.run(feeds, { step: 1, learningRate: 0 })).gramian, expected);
  });

  test('representation and output, by hand', async () => {
    // Features f = p x; losses (r f)^2 and 3 q f, each behind a weight of its own.
    const [p, q, r] = [parameter(2), parameter(5), parameter(1)];
    const x = new Input('x', []);
    const f = mul(p, x);
    const losses = { square: square(mul(f, r)), straight: mul(mul(f, q), 3) };
    const graph = { losses, optimizer: sgd(p, q, r) };
    const at = async (boundary: 'representation' | 'output') => {
      const step = await compileBalancedStep(graph, createBalancer('mgda'), { threads: 1, boundary });
      compiled.push(step);
      return (await step.run({ x: 3 }, { step: 1, learningRate: 0 })).gramian;
    };
    // dL/df = 2 r^2 f = 12 and 3 q = 15
    expect(await at('representation')).toEqual([
      [144, 180],
      [180, 225],
    ]);
    // The outputs are r f and q f: 2 r f and 3.
    expect(await at('output')).toEqual([
      [144, 0],
      [0, 9],
    ]);
  });

  test('norms, largest and mean entries for methods that ask for them', async () => {
    const net = makeNet();
    const feeds = feedsOf();
    const reference = await referenceGradients(net, feeds);
    const seen: unknown[] = [];
    const step = await stepOf(net, watching(['gradientNorms', 'gradientMax', 'gradientMean'], seen));
    const { gramian, gradientNorms } = await step.run(feeds, { step: 1, learningRate: 0 });
    expect(gramian).toBeUndefined();
    const entries = reference.map((gradients) => flat(gradients, SHARED).map(Math.abs));
    const [{ gradientMax, gradientMean }] = seen as [Record<'gradientMax' | 'gradientMean', number[]>];
    for (const [k, name] of ['near', 'far', 'extra'].entries()) {
      expect(gradientNorms![name]! / Math.hypot(...entries[k]!)).toBeCloseTo(1, 5);
      expect(gradientMax[k]! / Math.max(...entries[k]!)).toBeCloseTo(1, 5);
      const average = entries[k]!.reduce((total, value) => total + value, 0) / entries[k]!.length;
      expect(gradientMean[k]! / average).toBeCloseTo(1, 5);
    }
  });

  test('two batches against each other, update from a third', async () => {
    const net = makeNet();
    const [one, two, three] = [feedsOf(), feedsOf(), feedsOf()];
    const [first, second] = [await referenceGradients(net, one), await referenceGradients(net, two)];
    const third = await referenceGradients(net, three);
    const before = [...net.parameters()].map(({ data }) => [...data]);
    const seen: unknown[] = [];
    const step = await stepOf(net, watching(['crossGramian'], seen));
    expect(step.batches).toBe(3);
    await step.run([one, two, three], { step: 1, learningRate: 0.01 });
    const [{ crossGramian }] = seen as [{ crossGramian: number[][] }];
    const expected = gramianOf(first, SHARED, second);
    const scales = [first, second].map((of) => gramianOf(of, SHARED).map((row, k) => Math.sqrt(row[k]!)));
    for (const [i, row] of expected.entries()) {
      for (const [j, value] of row.entries()) {
        expect(Math.abs(crossGramian[i]![j]! - value) / (scales[0]![i]! * scales[1]![j]!)).toBeLessThan(1e-5);
      }
    }
    for (const [p, { data }] of [...net.parameters()].entries()) {
      for (const [i, value] of data.entries()) {
        const total = third.reduce((sum, gradients) => sum + gradients[p]![i]!, 0);
        expect(value).toBeCloseTo(before[p]![i]! - 0.01 * total, 4);
      }
    }
  });
});

test('batches cannot be averaged where a parameter is part of the representation', async () => {
  const [p, q] = [parameter(2), parameter(3)];
  const x = new Input('x', []);
  // Both losses use q directly, beside the features p x.
  const losses = { one: square(mul(mul(p, x), q)), two: square(add(mul(p, x), q)) };
  const graph = { losses, optimizer: sgd(p, q) };
  const compiling = compileBalancedStep(graph, createBalancer('mgda'), { boundary: 'representation', accumulate: 2 });
  await expect(compiling).rejects.toThrow('"accumulate" must be 1 at the boundary representation of this graph');
});

/** Weighs every loss 1 and keeps what it was shown. */
function watching(needs: readonly Need[], seen: unknown[]): Balancer<Need> {
  const method = createMethod('sum');
  return new Balancer({
    ...method,
    needs: ['losses', ...needs],
    needsNow: () => ['losses', ...needs],
    update(evidence, state) {
      seen.push({
        crossGramian: evidence.crossGramian,
        gradientMax: Object.values(evidence.gradientMax ?? {}),
        gradientMean: Object.values(evidence.gradientMean ?? {}),
      });
      return method.update({ losses: evidence.losses! }, state);
    },
  } as typeof method as never);
}
