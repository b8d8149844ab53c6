import { Input, mean, mul, relu, square, sub } from '@counterpoise/engine';
import { BatchNorm2d, SGD } from '@counterpoise/nn';
import { Balancer, compose, createBalancer, createMethod, type Need } from 'counterpoise';
import { describe, expect, test } from 'vitest';
import { compileBalancedStep } from './balanced-step.js';
import {
  compiled,
  expectMatrix,
  expectSame,
  feedsOf,
  graphOf,
  joined,
  makeNet,
  type Net,
  parameter,
  referenceGradients,
  sgd,
  stepOf,
} from './balanced-step-net.test.helper.js';
import { DivergedError, NonFiniteGradientError } from './finite.js';
import { BOUNDARIES } from './gradients/boundary.js';

describe('the update', () => {
  const WEIGHTS = { near: 0.3, far: 2e-3, extra: 1.7 };
  const fixed = () => createBalancer('static', { options: { weights: WEIGHTS } }) as unknown as Balancer<Need>;

  for (const heads of ['weighted', 'unweighted'] as const) {
    test(`is that of the weighted total at every boundary, with ${heads} heads`, async () => {
      const feeds = feedsOf();
      const reference = await referenceGradients(makeNet(), feeds);
      const weights = Object.values(WEIGHTS);
      const expected = [...makeNet().parameters()].map(({ data }, p) =>
        [...data].map((value, i) => {
          const isHead = heads === 'unweighted' && (p === 4 || p === 5);
          return (
            value -
            0.1 * reference.reduce((sum, gradients, k) => sum + (isHead ? 1 : weights[k]!) * gradients[p]![i]!, 0)
          );
        }),
      );
      for (const boundary of [undefined, ...BOUNDARIES]) {
        const net = makeNet();
        const options = boundary ? { boundary, measureGradients: true } : {};
        const step = await stepOf(net, fixed(), { ...options, heads });
        await step.run(feeds, { step: 1, learningRate: 0.1 });
        for (const [p, { data }] of [...net.parameters()].entries()) {
          for (const [i, value] of data.entries())
            expect(value, `${boundary} ${p} ${i}`).toBeCloseTo(expected[p]![i]!, 5);
        }
      }
    });
  }

  for (const boundary of BOUNDARIES) {
    test(`a mean over batches is one large batch: ${boundary}`, async () => {
      const parts = [feedsOf(2), feedsOf(2), feedsOf(2)];
      const [split, whole] = [makeNet(), makeNet()];
      const small = await stepOf(split, createBalancer('upgrad'), { boundary, accumulate: 3 }, 2);
      const large = await stepOf(whole, createBalancer('upgrad'), { boundary }, 6);
      for (const step of [1, 2]) {
        const a = await small.run(parts, { step, learningRate: 1e-3 });
        const b = await large.run(joined(parts), { step, learningRate: 1e-3 });
        expectMatrix(a.gramian, b.gramian!);
        expect(a.losses.far! / b.losses.far!).toBeCloseTo(1, 5);
      }
      expectSame(split, whole);
    });
  }

  test('a mean over batches is one large batch: a method of loss values, with a limit of the norm', async () => {
    const parts = [feedsOf(2), feedsOf(2)];
    const results: Net[] = [];
    for (const [list, batch] of [
      [parts, 2],
      [[joined(parts)], 4],
    ] as const) {
      const net = makeNet();
      const graph = { losses: graphOf(net, batch), optimizer: new SGD(net.namedParameters()), maxGradNorm: 0.5 };
      const step = await compileBalancedStep(graph, createBalancer('running-max'), {
        threads: 1,
        accumulate: list.length,
      });
      compiled.push(step);
      for (const number of [1, 2, 3]) {
        const { gradNorm } = await step.run(list.length > 1 ? list : list[0]!, { step: number, learningRate: 0.1 });
        expect(gradNorm).toBeGreaterThan(0.5);
      }
      results.push(net);
    }
    expectSame(results[0]!, results[1]!);
  });

  test('statistics take every batch, and none of a step that fails', async () => {
    const norm = new BatchNorm2d(1);
    norm.weight.data[0] = 1;
    norm.bias.data[0] = 0;
    const images = new Input('images', [2, 1, 1, 2]);
    const losses = { fit: mean(square(sub(norm.forward(images), 1))), size: mean(mul(square(images), norm.weight)) };
    const graph = { losses, updates: norm.takeUpdates(), optimizer: new SGD(norm.namedParameters()) };
    const [good, better] = [{ images: Float32Array.of(1, 2, 3, 6) }, { images: Float32Array.of(2, 2, 4, 4) }];
    const bad = { images: Float32Array.of(1e30, 2, 3, 4) };
    for (const balancer of [createBalancer('running-max'), createBalancer('mgda')] as unknown as Balancer<Need>[]) {
      norm.runningMean.data[0] = 0;
      const step = await compileBalancedStep(graph, balancer, { threads: 1, accumulate: 2 });
      compiled.push(step);
      await step.run([good, better], { step: 1, learningRate: 0 });
      // Both batches have the mean 3, momentum 0.1: 0.3, then 0.27 + 0.3.
      expect(norm.runningMean.data[0]).toBeCloseTo(0.57, 5);
      await expect(step.run([good, bad], { step: 2, learningRate: 0 })).rejects.toThrow('"size" is Infinity');
      expect(norm.runningMean.data[0]).toBeCloseTo(0.57, 5);
      expect(balancer.steps).toBe(1);
    }
  });
});

describe('a method that rests', () => {
  for (const boundary of BOUNDARIES) {
    test(`measures every third step: ${boundary}`, async () => {
      const net = makeNet();
      const method = compose(createMethod('mgda'), { updateEvery: 3 });
      const balancer = new Balancer(method) as unknown as Balancer<Need>;
      const step = await stepOf(net, balancer, { boundary });
      const measured: boolean[] = [];
      const weights: number[] = [];
      for (let number = 1; number <= 7; number++) {
        const result = await step.run(feedsOf(), { step: number, learningRate: 1e-3 });
        measured.push(result.gramian !== undefined);
        weights.push(result.weights.near!);
      }
      expect(measured).toEqual([true, false, false, true, false, false, true]);
      expect(weights[1]).toBe(weights[0]);
      expect(weights[3]).not.toBe(weights[0]);
    });
  }
});

describe('what cannot be', () => {
  test('losses without anything in common', async () => {
    const [p, q] = [parameter(1), parameter(2)];
    const graph = { losses: { one: square(p), two: square(q) }, optimizer: sgd(p, q) };
    await expect(compileBalancedStep(graph, createBalancer('mgda'))).rejects.toThrow(
      'no parameter is reached by two of the losses one, two',
    );
    await expect(compileBalancedStep(graph, createBalancer('mgda'), { boundary: 'representation' })).rejects.toThrow(
      '"boundary" representation does not exist: the losses one, two have no such tensor in common; use parameters',
    );
  });

  test('a gradient that is not finite is named, and nothing has changed', async () => {
    const p = parameter(1e-30);
    const x = new Input('x', []);
    const losses = { fine: square(sub(p, x)), steep: relu(mul(mul(p, x), 1e30)) };
    const balancer = createBalancer('mgda') as unknown as Balancer<Need>;
    const step = await compileBalancedStep({ losses, optimizer: sgd(p) }, balancer, { threads: 1 });
    compiled.push(step);
    const error = await step.run({ x: 1 }, { step: 4, learningRate: 1 }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NonFiniteGradientError);
    expect(error).toBeInstanceOf(DivergedError);
    expect((error as Error).message).toMatch(
      /^the gradient of loss "steep" is not finite at step 4: nothing was changed/,
    );
    expect([balancer.steps, p.data[0]]).toEqual([0, Math.fround(1e-30)]);
  });

  test('numbers of batches, and batches that would be compared and added', async () => {
    const net = makeNet();
    const step = await stepOf(net, createBalancer('sum') as unknown as Balancer<Need>, { accumulate: 2 });
    await expect(step.run(feedsOf(), { step: 1, learningRate: 1 })).rejects.toThrow(
      '"feeds" must hold 2 batches, got 1',
    );
    await expect(stepOf(net, createBalancer('modo') as unknown as Balancer<Need>, { accumulate: 2 })).rejects.toThrow(
      '"accumulate" must be 1 with a method that compares batches, got 2',
    );
    await expect(stepOf(net, createBalancer('sum') as unknown as Balancer<Need>, { accumulate: 0 })).rejects.toThrow(
      '"accumulate" must be a whole number of 1 or more, got 0',
    );
    await expect(
      stepOf(net, createBalancer('modo') as unknown as Balancer<Need>, { boundary: 'output' }),
    ).rejects.toThrow('"boundary" must be parameters or last-layer with a method that compares batches, got output');
  });
});

describe('a loss without samples', () => {
  for (const name of ['running-max', 'upgrad'] as const) {
    test(`has weight 0 and leaves ${name} as if it had not been there`, async () => {
      const net = makeNet();
      const balancer = createBalancer(name) as unknown as Balancer<Need>;
      const step = await stepOf(net, balancer);
      await step.run(feedsOf(), { step: 1, learningRate: 1e-3 });
      const head = [...net.a.parameters()].map(({ data }) => [...data]);
      const result = await step.run(feedsOf(), { step: 2, learningRate: 1e-3, mask: { near: false } });
      expect(result.weights.near).toBe(0);
      expect(result.reasons.near?.code).toBe('absent');
      expect(result.weights.far).toBeGreaterThan(0);
      expect([...net.a.parameters()].map(({ data }) => [...data])).toEqual(head);
    });
  }
});
