import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Balancer, createMethod, type LossEvidence, type Method, methods, type Weighing } from './index.js';

// Every method, with every option at least once, must behave alike wherever docs/balancing.md says "all methods".
// A new method: add its variants here; the first test below fails until it has one.
const variants: readonly (readonly [name: string, options: Record<string, unknown>])[] = [
  ['sum', {}],
  ['mean', {}],
  ['static', { weights: 0.5 }],
  ['running-max', {}],
  ['running-max', { decay: 0.9 }],
  ['running-max', { window: 3 }],
  ['running-max', { window: 4, quantile: 0.5 }],
  ['running-max', { absolute: true }],
  ['running-max', { lowerBound: -10 }],
  ['running-max', { warmup: 2 }],
  ['running-max', { epsilon: 1e-3 }],
  ['running-max', { relativeEpsilon: 0.01 }],
  ['running-max', { includeCurrent: false }],
  ['running-max', { renormalise: 'sum-k' }],
  ['running-max', { renormalise: 'preserve-total' }],
  ['running-max', { reduction: 'mean' }],
  ['ema', {}],
  ['ema', { beta: 0 }],
  ['ema', { beta: 0.5, includeCurrent: false, renormalise: 'sum-k' }],
  ['ema', { absolute: true, relativeEpsilon: 0.1 }],
  ['ema', { lowerBound: -1, renormalise: 'preserve-total', warmup: 1 }],
  ['log-sum', {}],
  ['log-sum', { lowerBound: -2, epsilon: 1e-3 }],
];

const NAMES = ['class', 'box', 'mask', 'depth', 'toString'];
const settings = { seed: 20, numRuns: 60 };

const positive = fc.double({ min: -6, max: 6, noNaN: true }).map((exponent) => 10 ** exponent);
const anyLoss = fc.oneof(
  { weight: 8, arbitrary: positive },
  { weight: 1, arbitrary: fc.constantFrom(0, -0) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);

/** A run of steps over 1 to 5 tasks, with zeros, bad numbers, absent and masked losses and priorities. */
const anyRun = fc.integer({ min: 1, max: NAMES.length }).chain((count) => {
  const tasks = NAMES.slice(0, count);
  const record = <T>(value: fc.Arbitrary<T>) => fc.record(Object.fromEntries(tasks.map((task) => [task, value])));
  const step = fc.record({ losses: record(anyLoss), mask: record(fc.nat(9).map((n) => n > 0)) });
  return fc.record({
    tasks: fc.constant(tasks),
    priorities: record(fc.constantFrom(0, 0.5, 1, 3)),
    steps: fc.array(step, { minLength: 1, maxLength: 10 }),
  });
});

/** A run in which every loss is positive and present. */
const cleanRun = fc
  .array(fc.tuple(positive, positive, positive), { minLength: 1, maxLength: 8 })
  .map((rows) => rows.map(([a, b, c]) => ({ class: a, box: b, mask: c })));

function play(method: Method, tasks: readonly string[], steps: readonly LossEvidence[]): Weighing[] {
  const balancer = new Balancer(method, { tasks });
  return steps.map((step) => balancer.weigh(step));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

function expectClose(actual: number, expected: number, relative: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.max(Math.abs(actual), Math.abs(expected)));
}

test('every registered method has a variant in this suite, every option is used', () => {
  for (const row of Object.values(methods)) {
    const own = variants.filter(([name]) => name === row.name);
    expect(own.length, row.name).toBeGreaterThan(0);
    const used = new Set(own.flatMap(([, options]) => Object.keys(options)));
    const missing = Object.keys(row.options).filter((option) => !used.has(option));
    // The shared statistic options are exercised under running-max; ema repeats some of them.
    if (row.name !== 'ema') expect(missing, row.name).toEqual([]);
  }
});

describe.each(variants)('%s %j', (name, options) => {
  const method = createMethod(name, options);
  const tolerant = options.absolute === true || options.lowerBound !== undefined;
  const row = Object.values(methods).find((candidate) => candidate.name === name);

  test('weights and total are finite, and total = sum of terms = sum of weight times loss', () => {
    fc.assert(
      fc.property(anyRun, ({ tasks, priorities, steps }) => {
        const balancer = new Balancer(method, { tasks, priorities });
        for (const step of steps) {
          const { weights, terms, total, reasons } = balancer.weigh(step);
          expect(Object.keys(weights)).toEqual(tasks);
          expect(Object.keys(terms)).toEqual(tasks);
          let sum = 0;
          for (const task of tasks) {
            expect(Number.isFinite(weights[task]), task).toBe(true);
            const code = reasons[task]?.code;
            const out = code === 'absent' || code === 'not-finite';
            expect(terms[task]).toBe(out ? 0 : weights[task]! * step.losses[task]!);
            sum += terms[task]!;
          }
          expect(total).toBe(sum);
          expect(Number.isFinite(total)).toBe(true);
        }
      }),
      settings,
    );
  });

  test('never changes its arguments', () => {
    fc.assert(
      fc.property(anyRun, ({ tasks, priorities, steps }) => {
        let state = deepFreeze(method.init(deepFreeze([...tasks])));
        for (const step of steps) state = deepFreeze(method.update(deepFreeze({ ...step, priorities }), state).state);
      }),
      settings,
    );
  });

  test('the state is plain JSON and resumes bit for bit after every step', () => {
    fc.assert(
      fc.property(anyRun, ({ tasks, priorities, steps }) => {
        const undisturbed = new Balancer(method, { tasks, priorities });
        let text = JSON.stringify(new Balancer(method, { tasks }).state());
        for (const step of steps) {
          const resumed = new Balancer(createMethod(name, options), { priorities });
          resumed.load(JSON.parse(text));
          expect(resumed.weigh(step)).toStrictEqual(undisturbed.weigh(step));
          expect(resumed.state()).toStrictEqual(undisturbed.state());
          text = JSON.stringify(resumed.state());
        }
      }),
      settings,
    );
    // The memory itself, not only its copy, holds nothing that JSON would change.
    fc.assert(
      fc.property(anyRun, ({ tasks, steps }) => {
        const end = steps.reduce((state, step) => method.update(step, state).state, method.init(tasks));
        expect(JSON.parse(JSON.stringify(end))).toStrictEqual(end);
      }),
      settings,
    );
  });

  test('permuting the tasks permutes the weights', () => {
    fc.assert(
      fc.property(anyRun, ({ tasks, steps }) => {
        const straight = play(method, tasks, steps);
        const turned = play(method, [...tasks].reverse(), steps);
        straight.forEach(({ weights }, i) => {
          for (const task of tasks) expectClose(turned[i]!.weights[task]!, weights[task]!, 1e-12);
        });
      }),
      settings,
    );
  });

  test('a masked task is as if it were never there', () => {
    fc.assert(
      fc.property(anyRun, anyLoss, ({ tasks, steps }, ghost) => {
        const without = play(method, tasks, steps);
        const masked = steps.map(({ losses, mask }) => ({
          losses: { ghost, ...losses },
          mask: { ...mask, ghost: false },
        }));
        play(method, ['ghost', ...tasks], masked).forEach(({ weights, total }, i) => {
          expect(weights).toEqual({ ...without[i]!.weights, ghost: 0 });
          expect(total).toBe(without[i]!.total);
        });
      }),
      settings,
    );
  });

  test('absent has three spellings, weight 0, and leaves the statistics alone', () => {
    const before = method.update({ losses: { class: 2, box: 300 } }, method.init(['class', 'box'])).state;
    const spellings: LossEvidence[] = [
      { losses: { class: 1 } },
      { losses: { class: 1, box: undefined } },
      { losses: { class: 1, box: 0 }, mask: { box: false } },
    ];
    const answers = spellings.map((evidence) => method.update(evidence, before));
    for (const answer of answers) {
      expect(answer).toStrictEqual(answers[0]);
      expect(answer.weights.box).toBe(0);
      expect(answer.terms.box).toBe(0);
      expect(answer.reasons.box?.code).toBe('absent');
    }
    expect(method.update({ losses: {} }, before).state).toStrictEqual(before);
    expect(method.update({ losses: {} }, before).total).toBe(0);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'a loss of %s is held back with a reason, and its step leaves the state as it was',
    (bad) => {
      const before = method.update({ losses: { class: 2, box: 300 } }, method.init(['class', 'box'])).state;
      const held = method.update({ losses: { class: 1, box: bad } }, before);
      expect(held.weights.box).toBe(0);
      expect(held.reasons.box).toEqual({ code: 'not-finite', message: expect.stringContaining(`"box" is ${bad}`) });
      expect(held.total).toBe(held.terms.class);
      expect(held.weights.class).toBeGreaterThan(0);
      expect(held.state).toBe(before);
    },
  );

  test('a zero loss, also from the start, has a finite positive weight and adds nothing', () => {
    const [first, second] = play(
      method,
      ['class', 'box'],
      [{ losses: { class: 0, box: 0 } }, { losses: { class: 0, box: 5 } }],
    );
    for (const answer of [first!, second!]) {
      expect(answer.weights.class).toBeGreaterThan(0);
      expect(answer.weights.class).toBeLessThan(Number.POSITIVE_INFINITY);
      expect(answer.terms.class).toBe(0);
    }
    expect(first!.total).toBe(0);
  });

  test('a negative loss is either weighed or refused by name, and a refusal leaves the balancer as it was', () => {
    const balancer = new Balancer(method, { tasks: ['class', 'policy'] });
    balancer.weigh({ losses: { class: 1, policy: 0.5 } });
    const before = balancer.state();
    const negative = { losses: { class: 1, policy: -0.5 } };
    if (row?.properties.signed || tolerant) {
      expect(balancer.weigh(negative).weights.policy).toBeGreaterThan(0);
    } else {
      expect(() => balancer.weigh(negative)).toThrow(/loss "policy" must be at least 0 for .*, got -0.5/);
      expect(balancer.state()).toStrictEqual(before);
    }
  });

  test('priorities scale the weights; priority 0 gives weight 0', () => {
    fc.assert(
      fc.property(cleanRun, (losses) => {
        const plain = play(
          method,
          ['class', 'box', 'mask'],
          losses.map((row) => ({ losses: row })),
        );
        const priorities = { class: 4, box: 0 };
        const tilted = play(
          method,
          ['class', 'box', 'mask'],
          losses.map((row) => ({ losses: row, priorities })),
        );
        tilted.forEach(({ weights }, i) => {
          const base = plain[i]!.weights;
          expect(weights.box).toBe(0);
          expectClose(weights.class! / weights.mask!, (4 * base.class!) / base.mask!, 1e-12);
        });
      }),
      settings,
    );
  });

  test('losses given as anything but numbers are refused by name', () => {
    const state = method.init(['class']);
    const evidence = JSON.parse('{"losses":{"class":"3"}}') as LossEvidence;
    expect(() => method.update(evidence, state)).toThrow('loss "class" must be a number, got "3"');
  });
});

describe.each(Object.values(methods).map((row) => [row.name, row] as const))('properties of %s', (name, row) => {
  const required = name === 'static' ? { weights: 0.5 } : {};
  const tasks = ['class', 'box', 'mask'];

  test(`scaleFree is ${row.properties.scaleFree}`, () => {
    let moved = false;
    fc.assert(
      fc.property(cleanRun, fc.constantFrom(8, 1000, 1e5), (losses, unit) => {
        // Well above the epsilon of ema and log-sum.
        const raised = losses.map((row) => ({ class: row.class + 1, box: row.box + 1, mask: row.mask + 1 }));
        const plain = play(
          createMethod(name, required),
          tasks,
          raised.map((losses) => ({ losses })),
        );
        const scaled = play(
          createMethod(name, required),
          tasks,
          raised.map((row) => ({ losses: { ...row, box: row.box * unit } })),
        );
        scaled.forEach(({ terms }, i) => {
          for (const task of tasks) {
            const [a, b] = [terms[task]!, plain[i]!.terms[task]!];
            if (row.properties.scaleFree) expectClose(a, b, 1e-7);
            else moved ||= Math.abs(a - b) > 1e-3 * b;
          }
        });
      }),
      settings,
    );
    expect(moved).toBe(!row.properties.scaleFree);
  });

  test(`stateless is ${row.properties.stateless}`, () => {
    const method = createMethod(name, required);
    const state = method.init(tasks);
    const after = method.update({ losses: { class: 9, box: 8, mask: 7 } }, state).state;
    const evidence = { losses: { class: 1, box: 2, mask: 3 } };
    const same = JSON.stringify(method.update(evidence, state)) === JSON.stringify(method.update(evidence, after));
    expect(same).toBe(row.properties.stateless);
  });

  test(`signed is ${row.properties.signed}`, () => {
    const step = () => play(createMethod(name, required), ['a'], [{ losses: { a: -1 } }]);
    if (row.properties.signed) expect(step).not.toThrow();
    else expect(step).toThrow('loss "a" must be at least 0');
  });
});
