import './testing/cpu.js';
import * as tf from '@tensorflow/tfjs-core';
import { Balancer, createBalancer, createMethod, updateEvery } from 'counterpoise';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { balancedGrads, type LossFunction, minimize } from './index.js';
import { distance, dotOf, gradientsByHand, numbersOf, TwoHeads } from './testing/net.js';

type Form = LossFunction<tf.Tensor>;

let net: TwoHeads;
beforeEach(() => {
  net = new TwoHeads();
});
afterEach(() => net.dispose());

/** A step that starts from a fresh balancer, its gradients as numbers. */
function stepOf(method: string, f: Form, settings = {}) {
  const { grads, ...numbers } = balancedGrads(createBalancer(method), f, net.variables, settings);
  const found = numbersOf(grads);
  tf.dispose(grads);
  return { ...numbers, grads: found };
}

const trunkAndHeads = () => ({ trunk: net.features, heads: net.heads });

describe.each(['sum', 'running-max', 'grad-norm', 'upgrad', 'pinn-annealing', 'mgda'])('%s', (method) => {
  test.each([
    ['a function of losses', () => net.losses],
    ['trunk and heads', trunkAndHeads],
    [
      'a list of features',
      () => ({ trunk: () => [net.features()], heads: ([z]: readonly tf.Tensor[]) => net.heads(z!) }),
    ],
    [
      'features that come from one another',
      () => ({
        trunk: () => {
          const low = net.features();
          return { low, high: tf.square(low) };
        },
        heads: ({ low, high }: Readonly<Record<string, tf.Tensor>>) => net.heads(tf.add(low!, high!)),
      }),
    ],
  ])('the gradient is that of the total with its weights as constants: %s', (_, form) => {
    const f = form() as unknown as Form;
    const { weights, losses, total, grads } = stepOf(method, f);
    const plain = typeof f === 'function' ? net.losses : () => f.heads(f.trunk()) as Record<string, tf.Tensor>;
    expect(distance(grads, gradientsByHand(plain, weights, net.variables))).toBeLessThan(2e-6);
    expect(total).toBeCloseTo(weights.class! * losses.class! + weights.box! * losses.box!, 8);
  });
});

test('the Gramian is of the variables that both losses reach', () => {
  const { gramian, gradientNorms } = stepOf('mgda', net.losses);
  const [a, b] = [{ class: 1 }, { box: 1 }].map(
    (weights) => gradientsByHand(net.losses, weights, net.variables)[net.trunk.name]!,
  );
  const expected = [a, b].map((x) => [a, b].map((y) => dotOf(x!, y!)));
  for (const [i, row] of expected.entries()) {
    for (const [j, value] of row.entries()) expect(gramian![i]![j]! / value).toBeCloseTo(1, 5);
  }
  expect(gradientNorms!.box).toBeCloseTo(Math.sqrt(gramian![1]![1]!), 6);
});

test('the Gramian at a representation is of its gradients', () => {
  const { gramian } = stepOf('mgda', trunkAndHeads());
  const [a, b] = tf.tidy(() => {
    const z = net.features();
    return (['class', 'box'] as const).map((name) => [
      ...tf
        .grad((x) => net.heads(x)[name])(z)
        .dataSync(),
    ]);
  });
  const expected = [a, b].map((x) => [a, b].map((y) => dotOf(x!, y!)));
  for (const [i, row] of expected.entries()) {
    for (const [j, value] of row.entries()) expect(gramian![i]![j]! / value).toBeCloseTo(1, 5);
  }
});

test('a tensor of the trunk that a single loss reaches is left out of the Gramian', () => {
  expect(stepOf('mgda', headInTrunk() as unknown as Form).gramian).toEqual(stepOf('mgda', trunkAndHeads()).gramian);
});

test('one forward pass, and the trunk is passed backwards once, K times where its gradients are compared', () => {
  let [forward, backward] = [0, 0];
  const counted = tf.customGrad((x) => {
    forward += 1;
    return {
      value: tf.clone(x as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => {
        backward += 1;
        return dy;
      },
    };
  });
  const features = () => counted(net.features());
  const passes = (method: string, f: Form, settings = {}) => {
    [forward, backward] = [0, 0];
    stepOf(method, f, settings);
    return [forward, backward];
  };
  const losses = () => net.heads(features());
  expect(passes('running-max', losses)).toEqual([1, 1]);
  expect(passes('mgda', losses)).toEqual([1, 2]);
  expect(passes('mgda', { trunk: features, heads: net.heads })).toEqual([1, 1]);
  expect(passes('running-max', { trunk: features, heads: net.heads })).toEqual([1, 1]);
  expect(passes('mgda', { trunk: features, heads: net.heads }, { heads: 'unweighted' })).toEqual([1, 1]);
});

test('a method that measures every other step takes one backward pass in between', () => {
  const balancer = new Balancer(updateEvery(createMethod('mgda'), { steps: 2 }), { tasks: ['class', 'box'] });
  const shown = [1, 2, 3, 4].map(() => {
    const { grads, gramian } = balancedGrads(balancer, net.losses, net.variables);
    tf.dispose(grads);
    return gramian !== undefined;
  });
  expect(shown).toEqual([true, false, true, false]);
});

/** The head of `box` is reached through the trunk besides, by `box` alone. */
const headInTrunk = () => ({
  trunk: () => ({ z: net.features(), own: tf.square(net.boxHead) }),
  heads: ({ z, own }: Readonly<Record<string, tf.Tensor>>) => {
    const { class: c, box } = net.heads(z!);
    return { class: c, box: tf.add(box, tf.sum(own!)) };
  },
});

const FORMS: [string, string, () => unknown][] = [
  ['loss values', 'running-max', () => net.losses],
  ['parameters', 'mgda', () => net.losses],
  ['representation', 'mgda', trunkAndHeads],
  ['a head in the trunk', 'mgda', headInTrunk],
  ['a head in the trunk, loss values', 'running-max', headInTrunk],
];

test.each(FORMS)('unweighted heads follow their loss as it is: %s', (_, method, form) => {
  const f = form() as Form;
  const { grads, weights } = stepOf(method, f, { heads: 'unweighted' });
  const losses = typeof f === 'function' ? net.losses : () => f.heads(f.trunk()) as Record<string, tf.Tensor>;
  const weighted = gradientsByHand(losses, weights, net.variables);
  const plain = gradientsByHand(losses, { class: 1, box: 1 }, net.variables);
  const expected = { ...plain, [net.trunk.name]: weighted[net.trunk.name]! };
  const ofClass = (all: Record<string, number[]>) => ({ head: all[net.classHead.name]! });
  expect(distance(ofClass(grads), ofClass(expected))).toBeLessThan(1e-6);
  expect(distance(grads, expected)).toBeLessThan(1e-6);
});

test.each(FORMS)('a masked loss does not train its head, unweighted or not: %s', (_, method, form) => {
  for (const heads of ['weighted', 'unweighted']) {
    const { grads } = stepOf(method, form() as Form, { heads, mask: { class: false } });
    expect(new Set(grads[net.classHead.name]!.map(Math.abs))).toEqual(new Set([0]));
    expect(Math.hypot(...grads[net.boxHead.name]!)).toBeGreaterThan(0);
  }
});

test('a loss that is masked or absent has weight 0, and the others are compared without it', () => {
  const three = () => ({ ...net.losses(), extra: tf.mean(tf.square(net.features())) });
  for (const method of ['running-max', 'upgrad']) {
    const masked = stepOf(method, three, { mask: { extra: false } });
    expect(masked.weights.extra).toBe(0);
    expect(masked.reasons.extra?.code).toBe('absent');
    const balancer = createBalancer(method, { tasks: ['class', 'extra', 'box'] });
    const { grads, ...absent } = balancedGrads(balancer, net.losses, net.variables);
    expect(absent.weights).toEqual({ ...masked.weights });
    expect(distance(numbersOf(grads), gradientsByHand(net.losses, absent.weights, net.variables))).toBeLessThan(1e-6);
    tf.dispose(grads);
  }
});

/** Trains one net by `minimize` with all weights 1, another by TensorFlow.js itself, and compares. */
function compareWithPlain(
  losses: (of: TwoHeads, step: number) => Record<string, tf.Tensor | undefined>,
  variablesOf: (of: TwoHeads) => tf.Variable[] | undefined,
) {
  const other = new TwoHeads();
  const optimizers = [tf.train.adam(0.1), tf.train.adam(0.1)] as const;
  const balancer = createBalancer('sum', { tasks: ['class', 'box'] });
  for (let step = 0; step < 4; step++) {
    minimize(optimizers[0], balancer, () => losses(net, step), variablesOf(net));
    const total = () => tf.addN(Object.values(losses(other, step)).filter((loss) => loss !== undefined)) as tf.Scalar;
    optimizers[1].minimize(total, false, variablesOf(other));
  }
  for (const [at, variable] of net.variables.entries()) {
    expect([...variable.dataSync()]).toEqual([...other.variables[at]!.dataSync()]);
  }
  for (const optimizer of optimizers) optimizer.dispose();
  other.dispose();
}

test('with a list, a variable that a step does not reach keeps its place in the optimiser', () => {
  const boxAloneAtTimes = (of: TwoHeads, step: number) => {
    const { class: c, box } = of.losses();
    return step % 2 ? { box } : { class: c, box };
  };
  compareWithPlain(boxAloneAtTimes, ({ variables }) => variables);
});

test('without a list every trainable variable is trained, as by TensorFlow.js itself', () => {
  compareWithPlain(
    (of) => of.losses(),
    () => undefined,
  );
});

test('a variable that is not trainable stays', () => {
  net.trunk.trainable = false;
  const before = [...net.trunk.dataSync()];
  minimize(tf.train.sgd(0.1), createBalancer('running-max'), net.losses, net.variables);
  minimize(tf.train.sgd(0.1), createBalancer('running-max'), net.losses);
  expect([...net.trunk.dataSync()]).toEqual(before);
});

test('heads take what the trunk returns, list or record, with its types', () => {
  const features = () => ({ low: net.features(), high: tf.square(net.features()) });
  const record = balancedGrads(
    createBalancer('upgrad'),
    { trunk: features, heads: ({ low, high }) => net.heads(tf.add(low, high)) },
    net.variables,
  );
  const pair = (): [tf.Tensor, tf.Tensor] => [features().low, features().high];
  const list = balancedGrads(
    createBalancer('upgrad'),
    { trunk: pair, heads: ([low, high]) => net.heads(tf.add(low, high)) },
    net.variables,
  );
  expect(list.gramian).toEqual(record.gramian);
  tf.dispose([record.grads, list.grads]);
});

test('losses that hold derivatives themselves, as those of physics-informed nets do', () => {
  const x = tf.tensor2d([-1, -0.7, -0.4, -0.1, 0.2, 0.5, 0.8, 1.1], [8, 1]);
  const [inner, outer] = [tf.variable(tf.ones([1, 5])), tf.variable(tf.fill([5, 1], 0.3))];
  const u = (at: tf.Tensor) => tf.matMul(tf.tanh(tf.matMul(at, inner)), outer);
  const losses = () => {
    const slope = tf.grad(u)(x);
    return {
      residual: tf.mean(tf.square(tf.sub(slope, tf.cos(x)))) as tf.Tensor,
      value: tf.mean(tf.square(tf.sub(u(x), tf.sin(x)))) as tf.Tensor,
    };
  };
  for (const method of ['running-max', 'upgrad', 'pinn-annealing']) {
    const { grads, weights } = balancedGrads(createBalancer(method), losses, [inner, outer]);
    expect(distance(numbersOf(grads), gradientsByHand(losses, weights, [inner, outer]))).toBeLessThan(1e-6);
    tf.dispose(grads);
  }
  tf.dispose([x, inner, outer]);
});

test('the same start gives the same bits', () => {
  const [a, b] = [stepOf('upgrad', net.losses), stepOf('upgrad', net.losses)];
  expect(a).toEqual(b);
});

test('within a tape of the caller', () => {
  const outer = () => {
    const { grads, weights } = balancedGrads(createBalancer('mgda'), net.losses, net.variables);
    expect(distance(numbersOf(grads), gradientsByHand(net.losses, weights, net.variables))).toBeLessThan(1e-6);
    return net.losses().class as tf.Scalar;
  };
  const { value, grads } = tf.variableGrads(outer, net.variables);
  const shared = [net.trunk, net.classHead];
  expect(distance(numbersOf(grads), gradientsByHand(net.losses, { class: 1 }, shared))).toBeLessThan(1e-6);
  tf.dispose([value, grads]);
});
