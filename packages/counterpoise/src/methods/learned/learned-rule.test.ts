import { describe, expect, test } from 'vitest';
import { Balancer } from '../../balancer.js';
import { imtlL } from './imtl-l.js';
import { uncertainty } from './uncertainty.js';
import { uncertaintyLog1p } from './uncertainty-log1p.js';

const halved = (s: number, loss: number) => (Math.exp(-s) * loss + s) / 2;
const plain = (s: number, loss: number) => Math.exp(-s) * loss + s;
const log1p = (s: number, loss: number) => (Math.exp(-s) * loss) / 2 + Math.log(1 + Math.exp(s));
const imtl = (s: number, loss: number) => Math.exp(s) * loss - s;

const objectives = [
  ['uncertainty', uncertainty, halved],
  ['uncertainty, plain', (options: object) => uncertainty({ form: 'plain', ...options }), plain],
  ['uncertainty-log1p', uncertaintyLog1p, log1p],
  ['imtl-l', imtlL, imtl],
] as const;

/** Adam as its paper writes it, on numeric derivatives of the objective. */
function reference(objective: (s: number, loss: number) => number, start: number, losses: readonly number[]) {
  const h = 1e-5;
  let [s, m, v] = [start, 0, 0];
  return losses.map((loss, i) => {
    const weight = objective(s, loss + 0.5) - objective(s, loss - 0.5);
    const slope = (objective(s + h, loss) - objective(s - h, loss)) / (2 * h);
    m = 0.9 * m + 0.1 * slope;
    v = 0.999 * v + 0.001 * slope * slope;
    s -= (0.1 * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
    return weight;
  });
}

describe.each(objectives)('%s', (_name, create, objective) => {
  test('the weights are those of Adam on the objective, before the update of the step', () => {
    const losses = [3, 0.5, 40, 7, 7, 0, 0.1, 2];
    const balancer = new Balancer(create({ initial: 0.3, learningRate: 0.1 }), { tasks: ['a'] });
    const expected = reference(objective, 0.3, losses);
    for (const [i, a] of losses.entries()) {
      expect(balancer.weigh({ losses: { a } }).weights.a! / expected[i]!).toBeCloseTo(1, 6);
    }
  });

  test.each([1e-4, 0.3, 1, 25, 1e6])('starts where it rests for the first loss, %d, and stays there', (loss) => {
    const h = 1e-6;
    const balancer = new Balancer(create({}), { tasks: ['a'] });
    const first = balancer.weigh({ losses: { a: loss } }).weights.a!;
    const s = (balancer.state().state as [{ value: number }])[0].value;
    expect(Math.abs((objective(s + h, loss) - objective(s - h, loss)) / (2 * h))).toBeLessThan(1e-3);
    for (let step = 0; step < 50; step++) balancer.weigh({ losses: { a: loss } });
    expect(balancer.weigh({ losses: { a: loss } }).weights.a! / first).toBeCloseTo(1, 12);
  });

  test('comes to rest at the minimum over s from a start far off', () => {
    const balancer = new Balancer(create({ initial: 3, learningRate: 0.1 }), { tasks: ['a'] });
    for (let step = 0; step < 2000; step++) balancer.weigh({ losses: { a: 0.2 } });
    const warm = new Balancer(create({}), { tasks: ['a'] }).weigh({ losses: { a: 0.2 } }).weights.a!;
    expect(balancer.weigh({ losses: { a: 0.2 } }).weights.a! / warm).toBeCloseTo(1, 3);
  });

  test('a first loss of 0 shows no scale: weight 1 / K until one does', () => {
    const balancer = new Balancer(create({}), { tasks: ['a', 'b'] });
    const { weights, reasons } = balancer.weigh({ losses: { a: 0, b: 5 } });
    expect(weights.a).toBe(0.5);
    expect(reasons.a?.code).toBe('no-scale');
    const late = balancer.weigh({ losses: { a: 70, b: 5 } });
    expect(late.reasons).toEqual({});
    const fresh = new Balancer(create({}), { tasks: ['a'] }).weigh({ losses: { a: 70 } });
    expect(late.weights.a).toBe(fresh.weights.a);
  });

  test('initial may name some tasks; the others start warm', () => {
    const { weights } = new Balancer(create({ initial: { a: 0 } })).weigh({ losses: { a: 9, b: 9 } });
    expect(weights.a).toBe(objective(0, 2) - objective(0, 1));
    expect(weights.b).toBe(new Balancer(create({})).weigh({ losses: { b: 9 } }).weights.b);
    expect(() => create({ initial: { c: 0 } }).init(['a'])).toThrow('"initial" names loss "c", but the losses are a');
  });

  test('zeros for ever and jumps across the doubles leave weights and state finite', () => {
    const balancer = new Balancer(create({ learningRate: 5 }), { tasks: ['a', 'b'] });
    for (let step = 0; step < 400; step++) {
      const a = step < 300 ? 0 : step % 2 ? 1e300 : 1e-300;
      const { weights } = balancer.weigh({ losses: { a: step === 0 ? 1 : a, b: 1e300 - a } });
      for (const weight of Object.values(weights)) expect(weight).toBeGreaterThan(0);
      expect(JSON.stringify(balancer.state().state)).not.toContain('null');
    }
  });

  test('a damaged state is refused', () => {
    expect(() => create({}).restore(['a'], [{ value: 'x' }])).toThrow(
      '"state" of loss "a".value must be a finite number',
    );
    expect(() => create({}).restore(['a'], null)).toThrow('"state" must be a list with one entry per loss (1)');
  });
});

test('by hand: first weights from a given s, and the first step of Adam is the learning rate', () => {
  const second = (create: typeof imtlL, losses: { a: number }) => {
    const balancer = new Balancer(create({ initial: 0, learningRate: 0.5 }));
    return [balancer.weigh({ losses }).weights.a, balancer.weigh({ losses }).weights.a] as const;
  };
  // A loss above 1 pulls every weight down: s up for uncertainty, down for imtl-l.
  expect(second(uncertainty, { a: 4 })[0]).toBe(0.5);
  expect(second(uncertainty, { a: 4 })[1]).toBeCloseTo(Math.exp(-0.5) / 2, 7);
  expect(second(imtlL, { a: 4 })[0]).toBe(1);
  expect(second(imtlL, { a: 4 })[1]).toBeCloseTo(Math.exp(-0.5), 7);
  // p = 1, L = 0.2: slope 1 / 2 - 0.1, so p falls.
  expect(second(uncertaintyLog1p, { a: 0.2 })[1]).toBeCloseTo(Math.exp(0.5) / 2, 7);
});

test('uncertainty in its plain form is imtl-l', () => {
  const pair = [new Balancer(uncertainty({ form: 'plain' })), new Balancer(imtlL())] as const;
  for (const a of [3, 0.5, 40, 7, 0, 0.1]) {
    const [one, other] = pair.map((balancer) => balancer.weigh({ losses: { a } }).weights.a!);
    expect(one! / other!).toBeCloseTo(1, 12);
  }
});

test('a task of any scale starts with the same term, a cold start leaves it to Adam', () => {
  const losses = { a: 1, b: 1000 };
  const { terms } = new Balancer(uncertainty()).weigh({ losses });
  expect(terms.b! / terms.a!).toBeCloseTo(1, 12);
  const cold = new Balancer(uncertainty({ initial: 0 }));
  const steps = Array.from({ length: 5000 }, () => cold.weigh({ losses }).terms.b!);
  // 276 steps of at most the learning rate would be enough; the moments of Adam remember the slopes of the start.
  expect(steps[276]).toBeCloseTo(26.3, 1);
  expect(steps.findIndex((term) => term < 0.55)).toBe(4424);
});
