import { add, Input, log, mean, mul, square, sub, type Tensor, Variable } from '@counterpoise/engine';
import { Adam, BatchNorm2d, init, Parameter, SGD } from '@counterpoise/nn';
import { Balancer, createBalancer, defineMethod, type Rule } from 'counterpoise';
import { afterEach, expect, test } from 'vitest';
import { type BalancedStep, type BalancedStepGraph, compileBalancedStep } from './balanced-step.js';
import { DivergedError, NonFiniteLossError } from './finite.js';

const compiled: BalancedStep[] = [];
afterEach(() => {
  for (const step of compiled.splice(0)) step.release();
});

async function compileStep(...args: Parameters<typeof compileBalancedStep>): Promise<BalancedStep> {
  const [graph, balancer, options = { threads: 1 }] = args;
  const step = await compileBalancedStep(graph, balancer, options);
  compiled.push(step);
  return step;
}

function parameter(value: number): Parameter {
  const made = new Parameter('p', [], init.zeros());
  made.data[0] = value;
  return made;
}

/** near = (p - x)^2 and far = 1000 (p + x)^2, of one parameter p and an input x. */
function twoLosses(p: Parameter): Record<'near' | 'far', Tensor> {
  const x = new Input('x', []);
  return { near: square(sub(p, x)), far: mul(square(add(p, x)), 1000) };
}

const sgd = (...parameters: Parameter[]) => new SGD(parameters.map((p, i) => [`p${i}`, p]));

test('one step is p - lr sum w_k dL_k/dp with the weights of the balancer', async () => {
  const p = parameter(2);
  const balancer = createBalancer('running-max', { priorities: { far: 3 } });
  const step = await compileStep({ losses: twoLosses(p), optimizer: sgd(p) }, balancer);

  const first = await step.run({ x: 1 }, { step: 1, learningRate: 0.1 });
  expect(first.losses).toEqual({ near: 1, far: 9000 });
  expect(first.weights.near).toBe(1);
  expect(first.weights.far).toBeCloseTo(3 / 9000, 12);
  expect(first.terms.far).toBeCloseTo(3, 12);
  // near' = 2 (2 - 1) = 2, far' = 2000 (2 + 1) = 6000: p = 2 - 0.1 (2 + 6000 * 3 / 9000)
  expect(p.data[0]).toBeCloseTo(1.6, 6);

  const second = await step.run({ x: 2 }, { step: 2, learningRate: 0.1 });
  // The maximum of near stays 1, that of far becomes 1000 (1.6 + 2)^2 = 12960.
  expect(second.losses.near).toBeCloseTo(0.16, 5);
  expect(second.weights.near).toBe(1);
  expect(second.weights.far).toBeCloseTo(3 / 12960, 9);
  // near' = -0.8, far' = 7200
  expect(p.data[0]).toBeCloseTo(1.6 - 0.1 * (-0.8 + (7200 * 3) / 12960), 5);
});

test('weights are constants: the gradient of log-sum is that of a fixed weight 1 / L', async () => {
  const p = parameter(2);
  const step = await compileStep({ losses: { near: twoLosses(p).near }, optimizer: sgd(p) }, createBalancer('log-sum'));
  await step.run({ x: 0 }, { step: 1, learningRate: 0.1 });
  // L = 4, L' = 4; a weight that were differentiated too would give gradient 0, as L / L is 1.
  expect(p.data[0]).toBeCloseTo(2 - 0.1 * (4 / 4), 6);
});

test('a method may switch a task off', async () => {
  const [p, q] = [parameter(1), parameter(1)];
  const x = new Input('x', []);
  const losses = { on: square(sub(p, x)), off: square(sub(q, x)) };
  const balancer = createBalancer('sum', { priorities: { off: 0 } });
  const step = await compileStep({ losses, optimizer: sgd(p, q) }, balancer);
  const { total } = await step.run({ x: 0 }, { step: 1, learningRate: 0.25 });
  expect(total).toBe(1);
  expect([p.data[0], q.data[0]]).toEqual([0.5, 1]);
});

/** Batch normalisation with its statistics, and a loss that is NaN as soon as the input holds a negative number. */
function withStatistics(p: Parameter): { graph: Omit<BalancedStepGraph, 'optimizer'>; norm: BatchNorm2d } {
  const norm = new BatchNorm2d(1);
  norm.weight.data[0] = 1;
  norm.bias.data[0] = 0;
  const images = new Input('images', [2, 1, 1, 2]);
  const normalised = norm.forward(images);
  const losses = { fit: mean(square(sub(normalised, p))), size: mean(mul(log(images), p)) };
  return { graph: { losses, updates: norm.takeUpdates(), outputs: { normalised } }, norm };
}

test('running statistics are written with the parameters, and outputs can be read', async () => {
  const p = parameter(1);
  const { graph, norm } = withStatistics(p);
  const step = await compileStep({ ...graph, optimizer: sgd(p) }, createBalancer('sum'));
  const images = Float32Array.of(1, 2, 3, 6);
  const { outputs } = await step.run({ images }, { step: 1, learningRate: 0.1 });
  // Mean 3, unbiased variance 14 / 3; momentum 0.1.
  expect(norm.runningMean.data[0]).toBeCloseTo(0.3, 6);
  expect(norm.runningVar.data[0]).toBeCloseTo(0.9 + 0.1 * (14 / 3), 6);
  expect(outputs.normalised![0]).toBeCloseTo(-2 / Math.sqrt(14 / 4), 3);
});

test('a loss that is not finite is named with the step, and nothing at all has changed', async () => {
  const p = parameter(1);
  const { graph, norm } = withStatistics(p);
  const optimizer = new SGD([['p', p]], { momentum: 0.9 });
  const balancer = createBalancer('running-max', { options: { absolute: true } });
  const step = await compileStep({ ...graph, optimizer }, balancer);
  await step.run({ images: Float32Array.of(1, 2, 3, 6) }, { step: 1, learningRate: 0.1 });
  const everything = () => {
    const tensors = [
      p,
      norm.weight,
      norm.runningMean,
      norm.runningVar,
      optimizer.stateDict().get('p.momentum_buffer')!,
    ];
    return JSON.stringify([tensors.map(({ data }) => [...data]), balancer.state()]);
  };
  const before = everything();

  const error = await step
    .run({ images: Float32Array.of(1, -2, 3, 6) }, { step: 7, learningRate: 0.1 })
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(NonFiniteLossError);
  expect(error).toBeInstanceOf(DivergedError);
  expect((error as NonFiniteLossError).message).toMatch(/^loss "size" is NaN at step 7: nothing was changed/);
  expect((error as NonFiniteLossError).losses).toEqual({ size: Number.NaN });
  expect(everything()).toBe(before);

  await step.run({ images: Float32Array.of(1, 2, 3, 6) }, { step: 7, learningRate: 0.1 });
  expect(everything()).not.toBe(before);
});

test('a loss that the balancer cannot use leaves everything as it was', async () => {
  const p = parameter(-1);
  const balancer = createBalancer('running-max');
  const step = await compileStep({ losses: { signed: mul(p, new Input('x', [])) }, optimizer: sgd(p) }, balancer);
  await expect(step.run({ x: 1 }, { step: 1, learningRate: 0.1 })).rejects.toThrow(/loss "signed"/);
  expect([p.data[0], balancer.steps]).toEqual([-1, 0]);
});

/** Weighs each loss by its priority, and remembers the epochs that it was shown. */
const watching = <N extends 'epoch' | 'gramian'>(need: N) =>
  defineMethod<readonly number[], 'losses' | N>({
    name: 'watching',
    needs: ['losses', need],
    specs: {},
    options: {},
    init: () => [],
    restore: (_, memory) => memory as readonly number[],
    weigh: ({ active, epoch }, memory) => ({ weights: active.map(() => 1), memory: [...memory, epoch] }),
  } satisfies Rule<readonly number[], 'losses' | N>);

test('the epoch reaches a balancer that asks for it, and is asked for', async () => {
  const p = parameter(2);
  const balancer = new Balancer(watching('epoch'));
  const step = await compileStep({ losses: twoLosses(p), optimizer: sgd(p) }, balancer);
  for (const epoch of [0, 0, 3]) await step.run({ x: 1 }, { step: 1, learningRate: 1e-6, epoch });
  expect(balancer.state().state).toEqual([0, 0, 3]);
  const before = p.data[0];
  await expect(step.run({ x: 1 }, { step: 1, learningRate: 1e-6 })).rejects.toThrow('watching needs "epoch"');
  expect(p.data[0]).toBe(before);
});

test('maxGradNorm limits the norm of the weighted gradient and reports it', async () => {
  const [p, q] = [parameter(3), parameter(4)];
  const losses = { sum: add(square(p), square(q)) };
  const step = await compileStep({ losses, optimizer: sgd(p, q), maxGradNorm: 1 }, createBalancer('sum'));
  const { gradNorm } = await step.run({}, { step: 1, learningRate: 1 });
  expect(gradNorm).toBeCloseTo(10, 5);
  expect(p.data[0]).toBeCloseTo(3 - 0.6, 5);
  expect(q.data[0]).toBeCloseTo(4 - 0.8, 5);
});

test('the number of the step reaches the optimiser', async () => {
  const p = parameter(2);
  const step = await compileStep({ losses: twoLosses(p), optimizer: new Adam([['p', p]]) }, createBalancer('sum'));
  await step.run({ x: 1 }, { step: 1, learningRate: 0.1 });
  // Adam's first step is lr * sign(gradient), whatever the scale: only with the bias correction of step 1.
  expect(p.data[0]).toBeCloseTo(1.9, 5);
});

test('steps of two batch sizes share model, optimiser and balancer', async () => {
  const p = parameter(2);
  const [optimizer, balancer] = [new SGD([['p', p]], { momentum: 0.5 }), createBalancer('running-max')];
  const stepOf = (size: number) => {
    const loss = mean(square(sub(p, new Input('x', [size]))));
    return compileStep({ losses: { loss }, optimizer }, balancer);
  };
  const [two, one] = [await stepOf(2), await stepOf(1)];
  await two.run({ x: Float32Array.of(0, 2) }, { step: 1, learningRate: 0.1 });
  // L = 2, L' = 2, weight 1 / 2: v = 1, p = 1.9
  expect(p.data[0]).toBeCloseTo(1.9, 6);
  await one.run({ x: Float32Array.of(1.9) }, { step: 2, learningRate: 0.1 });
  // L' = 0: v = 0.5
  expect(p.data[0]).toBeCloseTo(1.85, 6);
  expect(balancer.steps).toBe(2);
});

test('impossible graphs and settings are refused', async () => {
  const p = parameter(1);
  const losses = twoLosses(p);
  const optimizer = sgd(p);
  const balancer = createBalancer('sum');
  await expect(compileBalancedStep({ losses: {}, optimizer }, balancer)).rejects.toThrow('"losses" must hold at least');
  const wide = { wide: mul(p, new Input('x', [2])) };
  await expect(compileBalancedStep({ losses: wide, optimizer }, balancer)).rejects.toThrow(
    'loss "wide" must be a scalar of shape [], got [2]',
  );
  const elsewhere = { fixed: square(new Variable('v', [], Float32Array.of(1))) };
  await expect(compileBalancedStep({ losses: elsewhere, optimizer }, balancer)).rejects.toThrow(
    'the losses (fixed) depend on no parameter',
  );
  await expect(compileBalancedStep({ losses, optimizer, maxGradNorm: 0 }, balancer)).rejects.toThrow('"maxNorm"');

  const step = await compileStep({ losses, optimizer }, balancer);
  await expect(step.run({ x: 1 }, { step: 1, learningRate: Number.NaN })).rejects.toThrow('"learningRate" must be');
  await expect(step.run({ x: 1 }, { step: 0, learningRate: 1 })).rejects.toThrow('"step" must be');
  await expect(step.run({ x: 1, y: 1 }, { step: 1, learningRate: 1 })).rejects.toThrow('"y"');
  expect(p.data[0]).toBe(1);
});

test('a weight that float32 cannot hold is refused before anything is updated', async () => {
  const p = parameter(1);
  const balancer = createBalancer('sum', { priorities: { near: 1e39 } });
  const step = await compileStep({ losses: twoLosses(p), optimizer: sgd(p) }, balancer);
  const run = step.run({ x: 0 }, { step: 1, learningRate: 0.1 });
  await expect(run).rejects.toThrow('the weight of loss "near" is 1e+39: it does not fit float32');
  await expect(run).rejects.toThrow(DivergedError);
  expect(p.data[0]).toBe(1);
});

test('native memory is released and the parameters keep their values', async () => {
  const { liveNativeObjects } = await import('@counterpoise/engine');
  const before = liveNativeObjects();
  const p = parameter(2);
  const step = await compileBalancedStep({ losses: twoLosses(p), optimizer: sgd(p) }, createBalancer('sum'));
  await step.run({ x: 1 }, { step: 1, learningRate: 1e-4 });
  const value = p.data[0];
  step.release();
  step.release();
  expect(liveNativeObjects()).toEqual(before);
  expect(p.data[0]).toBe(value);
});
