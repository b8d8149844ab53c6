import { describe, expect, test } from 'vitest';
import { Balancer, defineMethod, ema, logSum, runningMax, staticWeights, sum } from '../index.js';
import { stateless } from '../stateless.js';
import { clamp } from './clamp.js';
import { compose } from './compose.js';
import { freeze } from './freeze.js';
import { normalizeFirst } from './normalize-first.js';
import { smooth } from './smooth.js';
import { updateEvery } from './update-every.js';
import { warmUp } from './warm-up.js';

const ab = ['a', 'b'];

describe('normalizeFirst', () => {
  /** Writes down what it sees; weights 3 for every task. */
  function spy() {
    const seen: unknown[] = [];
    const method = defineMethod<null, 'gramian' | 'crossGramian' | 'gradientNorms' | 'losses'>({
      name: 'spy',
      needs: ['gramian', 'crossGramian', 'gradientNorms', 'losses'],
      specs: {},
      options: {},
      ...stateless,
      weigh({ active, gramian, crossGramian, gradientNorms, lossesAfter }) {
        seen.push({ losses: active.map(({ loss }) => loss), gramian, crossGramian, gradientNorms, lossesAfter });
        return { weights: active.map(() => 3), memory: null };
      },
    });
    return { seen, method };
  }

  test('losses, norms and matrices take the factors of their step, lossesAfter those of the step before', () => {
    const { seen, method } = spy();
    const balancer = new Balancer(normalizeFirst(method, runningMax()), { tasks: ab });
    const measured = {
      gramian: [
        [4, -2],
        [-2, 16],
      ],
      crossGramian: [
        [4, 8],
        [-8, 16],
      ],
      gradientNorms: { a: 2, b: 4 },
    };
    const first = balancer.weigh({ losses: { a: 2, b: 0.25 }, ...measured });
    // s = 1 / max = 0.5, 4.
    expect(first.weights).toEqual({ a: 1.5, b: 12 });
    expect(first.total).toBe(6);
    balancer.weigh({ losses: { a: 8, b: 0.125 }, lossesAfter: { a: 1 }, ...measured });
    // s = 0.125, 4; loss b after the first step is taken from the second.
    expect(seen).toEqual([
      {
        losses: [1, 1],
        gramian: [
          [1, -4],
          [-4, 256],
        ],
        crossGramian: [
          [1, 16],
          [-16, 256],
        ],
        gradientNorms: [1, 16],
        lossesAfter: [1, 1],
      },
      {
        losses: [1, 0.5],
        gramian: [
          [0.0625, -1],
          [-1, 256],
        ],
        crossGramian: [
          [0.0625, 4],
          [-4, 256],
        ],
        gradientNorms: [0.25, 16],
        lossesAfter: [0.5, 0.5],
      },
    ]);
  });

  test('what is needed is the union, and the compiler knows', () => {
    const method = normalizeFirst(spy().method, ema());
    expect(method.needs).toEqual(['gramian', 'crossGramian', 'gradientNorms', 'losses']);
    const blind = normalizeFirst(sum(), ema());
    expect(blind.needs).toEqual(['losses']);
    // @ts-expect-error: the losses are needed now
    expect(() => blind.update({}, blind.init(ab))).toThrow('needs "losses" in the evidence');
  });

  test('a loss without a scale counts 1 / K, and says so', () => {
    const balancer = new Balancer(normalizeFirst(staticWeights({ weights: 6 }), runningMax()), { tasks: ab });
    const { weights, reasons } = balancer.weigh({ losses: { a: 0, b: 4 } });
    expect(weights).toEqual({ a: 3, b: 1.5 });
    expect(Object.keys(reasons)).toEqual(['a']);
    expect(reasons.a?.code).toBe('no-scale');
  });

  test('common factors of the scales stay theirs', () => {
    const balancer = new Balancer(normalizeFirst(sum(), runningMax({ renormalise: 'sum-k' })), { tasks: ab });
    expect(balancer.weigh({ losses: { a: 1, b: 4 } }).weights).toEqual({ a: 1.6, b: 0.4 });
  });

  test('bounds are read once, so both methods must read the same size', () => {
    const shifted = normalizeFirst(logSum({ lowerBound: -3, epsilon: 1e-300 }), runningMax({ lowerBound: -3 }));
    // Size 4, s = 1/4: log-sum sees size 1 and gives 1.
    expect(new Balancer(shifted).weigh({ losses: { a: 1 } }).weights.a).toBe(0.25);
    expect(() => normalizeFirst(logSum(), runningMax({ absolute: true }))).toThrow(
      '"absolute", "lowerBound" and "fixed" of log-sum and running-max must agree',
    );
    expect(() => normalizeFirst(logSum(), runningMax({ fixed: { a: 1 } }))).toThrow('must agree');
  });

  test('a product that overflows is an error by name, not a NaN', () => {
    const balancer = new Balancer(normalizeFirst(spy().method, runningMax()), { tasks: ['a'] });
    const evidence = { losses: { a: 1e-20 }, gramian: [[1e300]], crossGramian: [[1]], gradientNorms: { a: 1 } };
    expect(() => balancer.weigh(evidence)).toThrow('loss "a" overflows when multiplied by');
    expect(balancer.steps).toBe(0);
  });

  test('its state says by what', () => {
    const balancer = new Balancer(normalizeFirst(sum(), ema()), { tasks: ab });
    balancer.weigh({ losses: { a: 1, b: 2 } });
    expect(() => new Balancer(normalizeFirst(sum(), runningMax())).load(balancer.state())).toThrow(
      'is of "method" "normalize-first(ema)(sum)"',
    );
    expect(() => new Balancer(normalizeFirst(sum(), ema({ beta: 0 }))).load(balancer.state())).toThrow('has "by" ');
    expect(() => normalizeFirst(sum(), ema()).restore(ab, { method: null, own: { by: [], scales: [1, 1] } })).toThrow(
      '"state" must be a list with one entry per loss (2), got []',
    );
  });
});

describe('compose', () => {
  test('is the wrappers in their fixed order', () => {
    const composed = compose(runningMax(), {
      freezeAfter: 9,
      warmUp: 1,
      updateEvery: 2,
      clamp: 10,
      smooth: 0.5,
      normalize: ema(),
    });
    const nested = freeze(
      warmUp(
        updateEvery(clamp(smooth(normalizeFirst(runningMax(), ema()), { factor: 0.5 }), { ratio: 10 }), { steps: 2 }),
        { steps: 1 },
      ),
      { after: 9 },
    );
    expect(composed.name).toBe('freeze(warm-up(update-every(clamp(smooth(normalize-first(ema)(running-max))))))');
    expect([composed.name, composed.options]).toEqual([nested.name, nested.options]);
  });

  test('without wrappers it is the method itself, null counts as not given', () => {
    const method = ema();
    expect(compose(method, {})).toBe(method);
    expect(compose(method, { smooth: null, clamp: null })).toBe(method);
  });

  test('names its options in errors', () => {
    expect(() => compose(ema(), { clamp: 0 })).toThrow('"clamp" must be in [1, inf), got 0');
    expect(() => compose(ema(), JSON.parse('{"freeze":3}'))).toThrow(
      'compose has no option "freeze"; its options are smooth, clamp, updateEvery, warmUp, freezeAfter',
    );
  });
});
