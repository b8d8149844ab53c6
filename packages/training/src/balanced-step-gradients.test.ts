import {
  add,
  compile,
  gradients,
  Input,
  mean,
  mul,
  relu,
  sigmoid,
  square,
  sub,
  type Tensor,
  tanh,
} from '@counterpoise/engine';
import { BatchNorm2d, init, initialise, Linear, Module, Parameter, Random, SGD } from '@counterpoise/nn';
import { Balancer, compose, createBalancer, createMethod, type Need } from 'counterpoise';
import { afterEach, describe, expect, test } from 'vitest';
import { type BalancedStepOptions, compileBalancedStep } from './balanced-step.js';
import { NonFiniteGradientError } from './finite.js';
import { BOUNDARIES } from './gradients/boundary.js';

const compiled: { release(): void }[] = [];
afterEach(() => {
  for (const one of compiled.splice(0)) one.release();
});

/** Two shared layers; a head of one loss, and a head of two. */
class Net extends Module {
  readonly first = new Linear(3, 5);
  readonly second = new Linear(5, 4);
  readonly a = new Linear(4, 2);
  readonly b = new Linear(4, 1);

  losses(x: Tensor, y: Tensor): Record<string, Tensor> {
    const features = tanh(this.second.forward(tanh(this.first.forward(x))));
    const box = this.b.forward(features);
    return {
      near: mean(square(sub(this.a.forward(features), y))),
      far: mul(mean(square(add(box, 1))), 1000),
      extra: mean(sigmoid(box)),
    };
  }
}

const BATCH = 4;
const makeNet = () => initialise(new Net(), new Random(3));
const graphOf = (net: Net, batch = BATCH) => net.losses(new Input('x', [batch, 3]), new Input('y', [batch, 2]));
const random = new Random(5);
const feedsOf = (batch = BATCH) => ({
  x: Float32Array.from({ length: 3 * batch }, () => random.normal()),
  y: Float32Array.from({ length: 2 * batch }, () => random.normal()),
});
const joined = (list: readonly ReturnType<typeof feedsOf>[]) => ({
  x: Float32Array.from(list.flatMap(({ x }) => [...x])),
  y: Float32Array.from(list.flatMap(({ y }) => [...y])),
});

async function stepOf(net: Net, balancer: Balancer<Need>, options: BalancedStepOptions = {}, batch = BATCH) {
  const step = await compileBalancedStep(
    { losses: graphOf(net, batch), optimizer: new SGD(net.namedParameters()) },
    balancer,
    { threads: 1, ...options },
  );
  compiled.push(step);
  return step;
}

/** The gradient of each loss, by a plain program of its own: [loss][parameter][values]. */
async function referenceGradients(net: Net, feeds: ReturnType<typeof feedsOf>, wrt = [...net.parameters()]) {
  const losses = Object.values(graphOf(net, feeds.y.length / 2));
  const outputs: Record<string, Tensor> = {};
  for (const [k, loss] of losses.entries()) {
    for (const [p, gradient] of gradients(loss, wrt).entries()) if (gradient) outputs[`${k}/${p}`] = gradient;
  }
  const program = await compile([{ name: 'all', outputs }], { threads: 1 });
  compiled.push(program);
  const results = await program.run('all', feeds);
  return losses.map((_, k) =>
    wrt.map((parameter, p) => [...(results[`${k}/${p}`] ?? new Float32Array(parameter.size))]),
  );
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((total, value, i) => total + value * b[i]!, 0);
const flat = (gradients: readonly (readonly number[])[], places: readonly number[]) =>
  places.flatMap((p) => gradients[p]!);
const gramianOf = (perLoss: readonly (readonly number[][])[], places: readonly number[], others = perLoss) =>
  perLoss.map((a) => others.map((b) => dot(flat(a, places), flat(b, places))));

function expectMatrix(
  actual: readonly (readonly number[])[] | undefined,
  expected: readonly (readonly number[])[],
): void {
  const norms = expected.map((row, k) => Math.sqrt(Math.abs(row[k]!)));
  for (const [i, row] of expected.entries()) {
    for (const [j, value] of row.entries()) {
      expect(Math.abs(actual![i]![j]! - value) / (norms[i]! * norms[j]! + 1e-30), `${i}, ${j}`).toBeLessThan(1e-5);
    }
  }
}

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

const parameter = (value: number) => {
  const made = new Parameter('p', [], init.zeros());
  made.data[0] = value;
  return made;
};
const sgd = (...parameters: Parameter[]) => new SGD(parameters.map((p, i) => [`p${i}`, p]));

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

function expectSame(a: Net, b: Net): void {
  const others = [...b.parameters()];
  for (const [p, { data }] of [...a.parameters()].entries()) {
    for (const [i, value] of data.entries()) expect(value, `${p} ${i}`).toBeCloseTo(others[p]!.data[i]!, 5);
  }
}

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
