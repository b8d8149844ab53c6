import { defaultDevice, grad, type Array as JaxArray, jit, jvp, numpy as np, tree } from '@jax-js/jax';
import { Balancer, createBalancer, updateEvery, upgrad } from 'counterpoise';
import { describe, expect, test } from 'vitest';
import { balancedValueAndGrad } from './index.js';
import { batch, draw, gradientOf, heads, losses, numbersOf, params, threeLosses, trunk } from './testing/two-heads.js';

defaultDevice('wasm');

const forms = { 'one function': losses, 'trunk and heads': { trunk, heads }, 'three losses': threeLosses };
type Form = keyof typeof forms;
const leaves = tree.leaves(params);
/** Places among the arrays of the parameters. */
const HEADS = [4, 5];
const BOX = 5;

const known = new Map<string, number[][]>();
/** Compiling it takes long. */
function knownGradient(f: typeof losses, name: string): number[][] {
  const key = `${f.name} ${name}`;
  if (!known.has(key)) known.set(key, gradientOf(f, name));
  return known.get(key)!;
}

/** sum_k w_k g_k of each array, and g_k of those of a head where heads are unweighted. */
function expected(f: typeof losses, weights: Readonly<Record<string, number>>, unweighted = false): number[][] {
  const gradients = Object.entries(weights).map(([name, weight]) => ({ weight, gradient: knownGradient(f, name) }));
  return leaves.map((_, at) => {
    const factor = (weight: number) => (unweighted && HEADS.includes(at) ? 1 : weight);
    const first = gradients[0]!.gradient[at]!;
    return first.map((_, i) =>
      gradients.reduce((sum, { weight, gradient }) => sum + factor(weight) * gradient[at]![i]!, 0),
    );
  });
}

function expectClose(found: readonly number[][], right: readonly number[][]) {
  for (const [at, row] of right.entries()) {
    const scale = Math.max(...row.map(Math.abs), 1e-3);
    for (const [i, value] of row.entries()) expect(Math.abs(found[at]![i]! - value) / scale).toBeLessThan(2e-5);
  }
}

describe.each(Object.keys(forms) as Form[])('%s', (form) => {
  const f = forms[form];
  const plain = form === 'three losses' ? threeLosses : losses;
  const values = tree.map((loss: JaxArray) => loss.item(), plain(tree.ref(params), ...tree.ref(batch)));

  test.each(['running-max', 'upgrad', 'grad-norm'])('gradient of the total by %s', async (name) => {
    const step = balancedValueAndGrad(createBalancer(name), f);
    for (let n = 0; n < 2; n++) {
      const { losses: raw, weights, total, grads } = await step(tree.ref(params), ...tree.ref(batch));
      for (const [loss, value] of Object.entries(values)) expect(raw[loss]).toBeCloseTo(Number(value), 4);
      const sum = Object.entries(raw).reduce((sum, [loss, value]) => sum + weights[loss]! * value, 0);
      expect(total).toBeCloseTo(sum, 6);
      expect(tree.structure(grads).equals(tree.structure(params))).toBe(true);
      expectClose(numbersOf(grads), expected(plain, weights));
    }
    step.dispose();
  });

  test.each(['running-max', 'mgda'])('unweighted heads by %s', async (name) => {
    const step = balancedValueAndGrad(createBalancer(name), f, { heads: 'unweighted' });
    const { weights, grads } = await step(tree.ref(params), ...tree.ref(batch));
    expectClose(numbersOf(grads), expected(plain, weights, true));
  });

  test.each(['running-max', 'mgda'])('a masked loss trains no unweighted head by %s', async (name) => {
    const evidence = () => ({ mask: { box: false } });
    const step = balancedValueAndGrad(createBalancer(name), f, { heads: 'unweighted', evidence });
    const { weights, grads } = await step(tree.ref(params), ...tree.ref(batch));
    const right = expected(plain, weights, true);
    right[BOX] = right[BOX]!.map(() => 0);
    expectClose(numbersOf(grads), right);
  });
});

describe('measurements', () => {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

  test.each([
    ['one function', losses],
    ['three losses', threeLosses],
  ])('norms and Gramian at the parameters that two losses reach: %s', async (_, f) => {
    const { gradientNorms, gramian, grads } = await balancedValueAndGrad(createBalancer('upgrad'), f)(
      tree.ref(params),
      ...tree.ref(batch),
    );
    tree.dispose(grads);
    const names = Object.keys(gradientNorms!);
    const gradients = names.map((name) => knownGradient(f, name).slice(0, 4).flat());
    for (const [i, a] of gradients.entries()) {
      expect(gradientNorms![names[i]!]! / Math.hypot(...a)).toBeCloseTo(1, 5);
      for (const [j, b] of gradients.entries()) {
        expect(gramian![i]![j]! / (Math.hypot(...a) * Math.hypot(...b))).toBeCloseTo(
          dot(a, b) / (Math.hypot(...a) * Math.hypot(...b)),
          5,
        );
      }
    }
  });

  test('at the representation', async () => {
    const step = balancedValueAndGrad(createBalancer('upgrad'), { trunk, heads });
    const { gramian, grads } = await step(tree.ref(params), ...tree.ref(batch));
    tree.dispose(grads);
    const gradients = ['class', 'box'].map((name) => {
      const h = trunk(tree.ref(params), ...tree.ref(batch));
      const one = (h: JaxArray) => {
        const { [name]: loss, ...others } = heads(tree.ref(params), h, ...tree.ref(batch)) as Record<string, JaxArray>;
        tree.dispose(others);
        return loss!;
      };
      return Array.from(grad(one)(h).dataSync(), Number);
    });
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [1, 1],
    ] as const) {
      const right = dot(gradients[i]!, gradients[j]!);
      expect(gramian![i]![j]! / right).toBeCloseTo(1, 4);
      expect(gramian![j]![i]).toBe(gramian![i]![j]);
    }
  });

  test('of losses that read different parts of one array', async () => {
    const f = (p: { w: JaxArray }) => {
      const [left, right] = np.split(p.w, 2) as [JaxArray, JaxArray];
      return { a: left.sum().mul(2), b: right.sum().mul(3) };
    };
    const { gramian, grads, weights } = await balancedValueAndGrad(createBalancer('mgda'), f)({ w: np.ones([4]) });
    expect(gramian).toEqual([
      [8, 0],
      [0, 18],
    ]);
    const [a, b] = [Math.fround(weights.a!) * 2, Math.fround(weights.b!) * 3];
    expect(numbersOf({ w: grads.w } as never)).toEqual([[a, a, b, b].map(Math.fround)]);
  });

  test('largest and mean entry, for a method that asks for them', async () => {
    const shown: unknown[] = [];
    const balancer = createBalancer('pinn-annealing', { options: { statistic: 'max-mean' } });
    const weigh = balancer.weigh.bind(balancer);
    balancer.weigh = (evidence) => {
      shown.push(evidence);
      return weigh(evidence);
    };
    const { grads } = await balancedValueAndGrad(balancer, losses)(tree.ref(params), ...tree.ref(batch));
    tree.dispose(grads);
    const [{ gradientMax, gradientMean }] = shown as [Record<string, Record<string, number>>];
    for (const name of ['class', 'box']) {
      const entries = knownGradient(losses, name).slice(0, 4).flat().map(Math.abs);
      expect(gradientMax![name]! / Math.max(...entries)).toBeCloseTo(1, 4);
      expect(gradientMean![name]! / (entries.reduce((a, b) => a + b) / entries.length)).toBeCloseTo(1, 4);
    }
  });

  test('in the order of the losses of the balancer', async () => {
    const balancer = createBalancer('upgrad', { tasks: ['box', 'class'] });
    const one = await balancedValueAndGrad(balancer, losses)(tree.ref(params), ...tree.ref(batch));
    const other = await balancedValueAndGrad(createBalancer('upgrad'), losses)(tree.ref(params), ...tree.ref(batch));
    tree.dispose([one.grads, other.grads]);
    expect(one.gramian![0]![0]).toBe(other.gramian![1]![1]);
    expect(one.weights).toEqual(other.weights);
  });

  test('only in the steps that ask for them', async () => {
    const step = balancedValueAndGrad(new Balancer(updateEvery(upgrad(), { steps: 2 })), losses);
    const measured: boolean[] = [];
    for (let n = 0; n < 3; n++) {
      const { gramian, grads, weights } = await step(tree.ref(params), ...tree.ref(batch));
      measured.push(gramian !== undefined);
      expectClose(numbersOf(grads), expected(losses, weights));
    }
    expect(measured).toEqual([true, false, true]);
  });
});

describe('losses', () => {
  type Net = { w: JaxArray; v: JaxArray };
  const net = (p: Net, x: JaxArray) => np.dot(np.tanh(p.w.mul(x)), p.v);
  const small = (): Net => ({ w: draw(4), v: draw(4) });
  const fixed = (): Net => ({ w: np.array([1, 2]), v: np.array([3, 4]) });
  const step = async <A extends JaxArray[]>(
    f: (p: Net, ...args: A) => Record<string, JaxArray>,
    p: Net,
    ...args: A
  ) => {
    const balanced = balancedValueAndGrad(createBalancer('upgrad'), f);
    const result = await balanced(tree.ref(p), ...(args as never));
    balanced.dispose();
    return result;
  };

  test.each(['running-max', 'upgrad'])('may be made from one another, by %s', async (name) => {
    const f = (p: Net) => {
      const a = p.w.mul(p.v).sum();
      return { a: a.ref, b: np.square(a) };
    };
    const { weights, grads } = await balancedValueAndGrad(createBalancer(name), f)(fixed());
    // a = 11, db/da = 22.
    const slope = weights.a! + 22 * weights.b!;
    expectClose(numbersOf(grads as never), [
      [3 * slope, 4 * slope],
      [slope, 2 * slope],
    ]);
  });

  test.each(['running-max', 'upgrad'])('may read features of several depths, by %s', async (name) => {
    const { weights, grads } = await balancedValueAndGrad(createBalancer(name), {
      trunk: ({ w }: Net) => {
        const low = np.square(w);
        return { low: low.ref, deep: np.square(low) };
      },
      heads: ({ v }: Net, { low, deep }: { low: JaxArray; deep: JaxArray }) => ({
        a: low.ref.mul(v).sum(),
        b: low.add(deep).sum(),
      }),
    })(fixed());
    // a = v . w^2, b = sum w^2 + w^4.
    const { a, b } = weights as { a: number; b: number };
    expectClose(numbersOf(grads as never), [
      [6 * a + 6 * b, 16 * a + 36 * b],
      [a, 4 * a],
    ]);
  });

  test('may be one alone', async () => {
    for (const name of ['upgrad', 'grad-norm']) {
      const f = (p: Net) => ({ a: p.w.mul(p.v).sum() });
      const { gradientNorms, weights, grads } = await balancedValueAndGrad(createBalancer(name), f)(fixed());
      expect(gradientNorms!.a).toBeCloseTo(Math.sqrt(30), 5);
      expectClose(numbersOf(grads as never), [
        [3 * weights.a!, 4 * weights.a!],
        [weights.a!, 2 * weights.a!],
      ]);
    }
  });

  test('may use derivatives of the network, as a physics-informed one does', async () => {
    // Residual of u' = u at 1/2, and u(0) = 1.
    const f = (p: Net, x: JaxArray) => {
      const [u, slope] = jvp((x: JaxArray) => net(tree.ref(p), x), [x], [np.ones([])]);
      const atZero = net(p, np.zeros([])).sub(1);
      const residual = slope.sub(u);
      return { residual: residual.ref.mul(residual), initial: atZero.ref.mul(atZero) };
    };
    const p = small();
    const { weights, grads } = await step(f, p, np.array(0.5));
    const total = (p: Net) => {
      const { residual, initial } = f(p, np.array(0.5));
      return residual.mul(weights.residual!).add(initial.mul(weights.initial!));
    };
    const right = grad(total)(p);
    for (const key of ['w', 'v'] as const) expect(np.allclose(grads[key], right[key], { rtol: 1e-4 })).toBe(true);
  });

  test('may be compiled in parts', async () => {
    const f = (p: Net, x: JaxArray) => ({ a: net(tree.ref(p), x.ref).mul(3), b: p.w.mul(x).sum().add(p.v.sum()) });
    const inner = jit(net);
    const g = (p: Net, x: JaxArray) => ({ ...f(tree.ref(p), x.ref), a: inner(p, x).mul(3) });
    const p = small();
    const one = await step(f, p, np.array(0.5));
    const other = await step(g, p, np.array(0.5));
    expect(other.losses.a).toBeCloseTo(one.losses.a!, 6);
    for (const key of ['w', 'v'] as const) expect(np.allclose(other.grads[key], one.grads[key])).toBe(true);
  });

  test('may take constants from outside, and numbers as arguments', async () => {
    const data = draw(4);
    const f = (p: Net, factor: JaxArray) => ({ a: p.w.mul(data.ref).sum().mul(factor), b: p.v.sum() });
    const balanced = balancedValueAndGrad(createBalancer('sum'), f);
    for (const factor of [2, 3]) {
      const { grads } = await balanced(small(), factor);
      expect(grads.w.js()).toEqual(data.ref.mul(factor).js());
      expect(grads.v.js()).toEqual([1, 1, 1, 1]);
    }
    expect(data.refCount).toBe(2);
    balanced.dispose();
    expect(data.refCount).toBe(1);
  });

  test('may have another shape in the last batch', async () => {
    const step = balancedValueAndGrad(createBalancer('running-max'), losses);
    for (const rows of [6, 2, 6, 2]) {
      const [x, y, z] = [draw(rows, 3), draw(rows, 2), draw(rows, 3)];
      const right = losses(tree.ref(params), x.ref, y.ref, z.ref);
      const { losses: raw, grads } = await step(tree.ref(params), x, y, z);
      tree.dispose(grads);
      expect(raw.class).toBeCloseTo(right.class!.item(), 5);
      right.box!.dispose();
    }
  });

  test('a step says its epoch and its mask', async () => {
    let epoch = 0;
    const dwa = balancedValueAndGrad(createBalancer('dwa'), losses, { evidence: () => ({ epoch }) });
    for (; epoch < 3; epoch++) tree.dispose((await dwa(tree.ref(params), ...tree.ref(batch))).grads);
    const evidence = () => ({ mask: { box: false } });
    const masked = balancedValueAndGrad(createBalancer('running-max'), losses, { evidence });
    const { weights, grads } = await masked(tree.ref(params), ...tree.ref(batch));
    expect(weights.box).toBe(0);
    expectClose(numbersOf(grads), expected(losses, weights));
  });
});

test('the same bits in every run', async () => {
  const run = async () => {
    const step = balancedValueAndGrad(createBalancer('upgrad'), { trunk, heads });
    return numbersOf((await step(tree.ref(params), ...tree.ref(batch))).grads);
  };
  expect(await run()).toEqual(await run());
});
