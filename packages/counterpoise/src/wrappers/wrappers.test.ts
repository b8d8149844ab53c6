import { describe, expect, test } from 'vitest';
import { Balancer, type Evidence, ema, logSum, type Need, runningMax, staticWeights, sum, upgrad } from '../index.js';
import { clamp } from './clamp.js';
import { echo, type Losses, weighs, weightsOf } from './echo.test.helper.js';
import { freeze } from './freeze.js';
import { smooth } from './smooth.js';
import { updateEvery } from './update-every.js';
import { warmUp } from './warm-up.js';

const ab = ['a', 'b'];

describe('smooth', () => {
  test('starts at the first weight, then follows; signs survive', () => {
    const steps = [
      { a: 4, b: -1 },
      { a: 8, b: 3 },
      { a: 0, b: 0 },
    ];
    expect(weightsOf(smooth(echo, { factor: 0.75 }), steps, ab)).toEqual([
      [4, -1],
      [5, 0],
      [3.75, 0],
    ]);
  });

  test('an absent task keeps its average, an unknown scale leaves it', () => {
    const steps = [{ a: 13, b: 2 }, { a: 4 }, { a: 8, b: 4 }, { a: 13, b: 4 }, { a: 6, b: 4 }];
    expect(weightsOf(smooth(echo, { factor: 0.5 }), steps as Losses[], ab)).toEqual([
      [0.5, 2],
      [4, 0],
      [6, 3],
      [0.5, 3.5],
      [6, 3.75],
    ]);
  });
});

describe('updateEvery', () => {
  test('asks in the first of every n steps and keeps the weights between', () => {
    const steps = [1, 2, 3, 4, 5].map((a) => ({ a, b: 10 * a }));
    const balancer = new Balancer(updateEvery(echo, { steps: 2 }), { tasks: ab });
    expect(steps.map((losses) => balancer.weigh({ losses }).weights.b)).toEqual([10, 10, 30, 30, 50]);
    expect(balancer.state().state).toEqual({ method: 3, own: { wait: 1, weights: [5, 50] } });
  });

  test('a task absent when the method was asked; a step without tasks does not count', () => {
    const steps: Losses[] = [{ a: 1 }, { a: 2, b: 5 }, {}, { a: 3, b: 6 }, { a: 4 }, { a: 4, b: 7 }];
    expect(weightsOf(updateEvery(echo, { steps: 2 }), steps, ab)).toEqual([
      [1, 0],
      [1, 0.5],
      [0, 0],
      [3, 6],
      [3, 0],
      [4, 7],
    ]);
  });
});

test('between its questions a wrapper needs no measurement', () => {
  const losses = { a: 1, b: 2 };
  const gramian = [
    [1, -0.5],
    [-0.5, 4],
  ];
  for (const method of [
    updateEvery(smooth(upgrad()), { steps: 2 }),
    freeze(updateEvery(upgrad(), { steps: 1 }), { after: 1 }),
  ]) {
    const balancer = new Balancer<Need>(method, { tasks: ab });
    expect(balancer.needs).toEqual(['gramian']);
    expect(() => balancer.weigh({ losses } as unknown as Evidence<Need>)).toThrow('needs "gramian"');
    const asked = balancer.weigh({ losses, gramian } as unknown as Evidence<Need>);
    expect(balancer.needs).toEqual([]);
    const kept = Object.values(balancer.weigh({ losses } as unknown as Evidence<Need>).weights);
    Object.values(asked.weights).forEach((weight, k) => {
      expect(kept[k]).toBeCloseTo(weight, 14);
    });
  }
});

describe('warmUp', () => {
  test('weighs 1 / K for n steps with a task, while the method watches', () => {
    const steps: Losses[] = [{ a: 8, b: 1 }, {}, { a: 4 }, { a: 2, b: 1 }];
    expect(weightsOf(warmUp(runningMax(), { steps: 2 }), steps, ab)).toEqual([
      [0.5, 0.5],
      [0, 0],
      [1, 0],
      [0.125, 1],
    ]);
    expect(weightsOf(warmUp(echo, { steps: 0 }), [{ a: 3, b: 4 }], ab)).toEqual([[3, 4]]);
  });
});

describe('freeze', () => {
  test('takes the average shares of the second half, at its average level', () => {
    // Step 3: mean 2, shares 0.5, 1.5. Step 4: mean 4, shares 1.5, 0.5. Shares 1, 1 at level 3.
    const steps = [
      { a: 100, b: 1 },
      { a: 1, b: 100 },
      { a: 1, b: 3 },
      { a: 6, b: 2 },
      { a: 50, b: 60 },
      { a: 5, b: 1e9 },
    ];
    const result = weightsOf(freeze(echo, { after: 4 }), steps, ab);
    expect(result.slice(0, 4)).toEqual(steps.slice(0, 4).map(({ a, b }) => [a, b]));
    expect(result.slice(4)).toEqual([
      [3, 3],
      [3, 3],
    ]);
  });

  test('signs survive; absent and unknown weights do not count', () => {
    const steps: Losses[] = [{ a: -2, b: 6 }, { b: 4 }, {}, { a: 13, b: 6 }, { a: 0, b: 0, c: 0 }];
    const balancer = new Balancer(freeze(echo, { after: 1 }), { tasks: ab });
    balancer.weigh({ losses: steps[0]! });
    expect(balancer.weigh({ losses: { a: 9, b: 9 } }).weights).toEqual({ a: -2, b: 6 });
    const [, , , , last] = weighs(freeze(echo, { after: 3 }), steps, ['a', 'b', 'c']);
    // b: step 2 alone in 4, step 4 alone known in 6; both shares 1, level 5.
    expect(last!.weights).toEqual({ a: 5, b: 5, c: 5 });
    expect([last!.reasons.a?.code, last!.reasons.b, last!.reasons.c?.code]).toEqual([
      'fallback',
      undefined,
      'fallback',
    ]);
  });

  test('without any weight to average it keeps to 1 / K', () => {
    expect(
      weightsOf(
        freeze(echo, { after: 1 }),
        [
          { a: 0, b: 13 },
          { a: 5, b: 6 },
        ],
        ab,
      )[1],
    ).toEqual([0.5, 0.5]);
  });
});

describe('every wrapper', () => {
  const wrapped = [
    smooth(runningMax({ renormalise: 'sum-k' }), { factor: 0.5 }),
    clamp(runningMax({ renormalise: 'sum-k' }), { ratio: 5 }),
    updateEvery(runningMax({ renormalise: 'sum-k' }), { steps: 3 }),
    warmUp(runningMax({ renormalise: 'sum-k' }), { steps: 1 }),
    freeze(runningMax({ renormalise: 'sum-k' }), { after: 2 }),
  ];

  test.each(wrapped.map((method) => [method.name, method] as const))('%s renormalises last', (_, method) => {
    const steps = [
      { a: 8, b: 1 },
      { a: 16, b: 7 },
      { a: 4, b: 30 },
    ];
    for (const { weights } of weighs(method, steps, ab)) expect(weights.a! + weights.b!).toBeCloseTo(2, 12);
  });

  test('passes on the reasons of a step in which it asks', () => {
    const steps = Array.from({ length: 8 }, () => ({ a: 1, b: 2 }));
    for (const method of [smooth(echo), clamp(echo, { ratio: 9 }), updateEvery(echo, { steps: 1 })]) {
      expect(weighs(method, steps, ab)[7]!.reasons.a?.code).toBe('fallback');
    }
  });

  test('checks its options and those of the method inside', () => {
    expect(() => smooth(sum(), { factor: 1 })).toThrow('"factor" must be in [0, 1), got 1');
    expect(() => clamp(sum(), { ratio: 0.5 })).toThrow('"ratio" must be in [1, inf), got 0.5');
    expect(() => clamp(sum(), JSON.parse('{}'))).toThrow('clamp needs the option "ratio"');
    expect(() => updateEvery(sum(), { steps: 1.5 })).toThrow('"steps" must be an integer in [1, inf), got 1.5');
    expect(() => warmUp(sum(), JSON.parse('{"step":1}'))).toThrow(
      'warm-up has no option "step"; its options are steps',
    );
    expect(() => freeze(sum(), { after: 0 })).toThrow('"after" must be an integer in [1, inf), got 0');
    const method = smooth(staticWeights({ weights: { a: 1 } }));
    expect(() => method.init(ab)).toThrow('"weights" has no value for loss "b"');
  });

  test('a state of another composition, or a damaged one, is refused', () => {
    const saved = new Balancer(clamp(smooth(ema()), { ratio: 10 }), { tasks: ab });
    saved.weigh({ losses: { a: 1, b: 2 } });
    const load = (method: typeof saved.method, state: unknown = saved.state()) =>
      new Balancer(method, { tasks: ab }).load(state);
    load(clamp(smooth(ema()), { ratio: 10 }));
    expect(() => load(smooth(clamp(ema(), { ratio: 10 })))).toThrow(
      'balancer state is of "method" "clamp(smooth(ema))", but this is smooth(clamp(ema))',
    );
    expect(() => load(clamp(smooth(ema()), { ratio: 11 }))).toThrow('has "ratio" 10, but this balancer has 11');
    expect(() => load(clamp(smooth(ema(), { factor: 0.5 }), { ratio: 10 }))).toThrow('has "method" ');
    expect(() => load(clamp(smooth(ema({ beta: 0.5 })), { ratio: 10 }))).toThrow('has "method" ');
    const damaged = (own: string) => JSON.parse(`{"method":{"method":[],"own":${own}},"own":null}`);
    const method = clamp(smooth(ema()), { ratio: 10 });
    expect(() => method.restore(ab, damaged('[1,2]'))).toThrow('"state" must be a list with one entry per loss (2)');
    expect(() => smooth(logSum()).restore(ab, { method: null, own: [1] })).toThrow('"state".own must be a list of 2');
    expect(() => smooth(logSum()).restore(ab, null)).toThrow('"state" must be {method, own}, got null');
    expect(() => warmUp(logSum(), { steps: 1 }).restore(ab, { method: null, own: -1 })).toThrow(
      '"state".own must be an integer of at least 0, got -1',
    );
  });
});
