import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  Balancer,
  CounterpoiseError,
  createBalancer,
  type LossEvidence,
  type OptionsOf,
  runningMax,
  sum,
} from './index.js';

const losses = { class: 2, box: 300 };

describe('names of the losses', () => {
  test('come from the first step, undefined ones included', () => {
    const balancer = createBalancer('sum');
    expect(balancer.tasks).toBe(null);
    balancer.weigh({ losses: { class: 2, box: undefined } });
    expect(balancer.tasks).toEqual(['class', 'box']);
    expect(balancer.weigh({ losses }).total).toBe(302);
    expect(balancer.steps).toBe(2);
  });

  test('may not change', () => {
    const balancer = createBalancer('sum');
    balancer.weigh({ losses });
    expect(() => balancer.weigh({ losses: { class: 2, boxes: 300 } })).toThrow(
      'loss "boxes" is unknown: the losses are class, box and may not change between steps',
    );
    expect(balancer.steps).toBe(1);
  });

  test.each([
    [[], '"tasks" must name at least one loss'],
    [['a', 'a'], '"tasks" names loss "a" twice'],
    [[''], 'a loss name must be a non-empty string other than "__proto__", got ""'],
    [['__proto__'], 'a loss name must be a non-empty string other than "__proto__", got "__proto__"'],
  ])('%j is refused', (tasks, message) => {
    expect(() => new Balancer(sum(), { tasks })).toThrow(message);
  });

  test('a first step that fails fixes nothing', () => {
    const balancer = createBalancer('running-max');
    expect(() => balancer.weigh({ losses: { a: -1 } })).toThrow(CounterpoiseError);
    expect(balancer.tasks).toBe(null);
    expect(() => balancer.weigh({ losses: {} })).toThrow('"tasks" must name at least one loss, got none');
    expect(() => balancer.weigh(JSON.parse('{}') as LossEvidence)).toThrow('"losses" must be an object');
  });
});

describe('priorities and masks', () => {
  test('priorities of the evidence take the place of the balancer ones', () => {
    const balancer = createBalancer('sum', { priorities: { class: 5 } });
    expect(balancer.weigh({ losses }).weights).toEqual({ class: 5, box: 1 });
    expect(balancer.weigh({ losses, priorities: { box: 7 } }).weights).toEqual({ class: 1, box: 7 });
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('a priority of %s is refused', (class_) => {
    const message = `priority of loss "class" must be in [0, inf), got ${class_}`;
    expect(() => createBalancer('sum', { priorities: { class: class_ } })).toThrow(message);
    expect(() => createBalancer('sum').weigh({ losses, priorities: { class: class_ } })).toThrow(message);
  });

  test('names that do not exist are refused', () => {
    expect(() => createBalancer('sum', { tasks: ['a'], priorities: { b: 1 } })).toThrow(
      '"priorities" names loss "b", but the losses are a',
    );
    expect(() => createBalancer('sum', { priorities: { b: 1 } }).weigh({ losses })).toThrow(
      '"priorities" for loss "b" is unknown: the losses are class, box',
    );
    expect(() => createBalancer('sum').weigh({ losses, mask: { b: true } })).toThrow('"mask" for loss "b" is unknown');
    const evidence = JSON.parse('{"losses":{"a":1},"mask":{"a":1}}') as LossEvidence;
    expect(() => createBalancer('sum').weigh(evidence)).toThrow('"mask" for loss "a" must be true or false, got 1');
  });
});

describe('state, load, reset', () => {
  const trained = () => {
    const balancer = createBalancer('running-max', { options: { window: 2 } });
    balancer.weigh({ losses });
    return balancer;
  };

  test('the state is versioned', () => {
    expect(trained().state()).toMatchObject({ version: 1, method: 'running-max', tasks: ['class', 'box'], steps: 1 });
  });

  test('a state is a copy', () => {
    const balancer = trained();
    const saved = JSON.parse(JSON.stringify(balancer.state()));
    const other = createBalancer('running-max', { options: { window: 2 } });
    other.load(saved);
    saved.state[0].statistic.deque[0][1] = 1e9;
    expect(other.state()).toEqual(balancer.state());
    (other.state().tasks as string[]).push('x');
    expect(other.tasks).toEqual(['class', 'box']);
  });

  test('before the first step', () => {
    const balancer = trained();
    balancer.load(createBalancer('running-max', { options: { window: 2 }, tasks: ['class', 'box'] }).state());
    expect(balancer.steps).toBe(0);
    const empty = createBalancer('sum');
    empty.load(createBalancer('sum').state());
    expect(empty.weigh({ losses }).total).toBe(302);
  });

  test('the same losses in another order load', () => {
    const other = createBalancer('running-max', { options: { window: 2 }, tasks: ['box', 'class'] });
    other.load(trained().state());
    expect(other.weigh({ losses: { class: 1, box: 1 } }).weights).toEqual({ class: 1 / 2, box: 1 / 300 });
  });

  test('reset goes back to before the first step', () => {
    const balancer = trained();
    balancer.reset();
    expect(balancer.tasks).toBe(null);
    expect(balancer.steps).toBe(0);
    const named = new Balancer(runningMax(), { tasks: ['class', 'box'] });
    const before = named.state();
    named.weigh({ losses });
    named.reset();
    expect(named.state()).toEqual(before);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ version: 2 }, 'balancer state has "version" 2, but this release reads version 1'],
    [{ method: 'ema' }, 'balancer state is of "method" "ema", but this is running-max'],
    [{ options: { window: 2 } }, 'balancer state has "decay" undefined, but this balancer has 1'],
    [{ options: null }, 'balancer state must have "options", an object, got null'],
    [{ tasks: ['class', 'boxes'] }, 'balancer state has the losses class, boxes, but this balancer has class, box'],
    [{ tasks: 'class' }, 'balancer state must have "tasks", a list of loss names or null, got "class"'],
    [{ steps: -1 }, 'balancer state must have integer "steps" of at least 0, got -1'],
    [{ state: null }, '"state" must be a list with one entry per loss (2), got null'],
    [{ state: [{}] }, '"state" must be a list with one entry per loss (2), got [{}]'],
    [{ state: [1, 2] }, '"state" of loss "class" must be {seen, statistic}, got 1'],
    [{ state: [{ seen: null }, {}] }, '"state" of loss "class".seen must be an integer of at least 0, got null'],
  ])('%j is refused and changes nothing', (damage, message) => {
    const balancer = trained();
    const before = balancer.state();
    expect(() => balancer.load({ ...before, ...damage })).toThrow(message);
    expect(balancer.state()).toEqual(before);
  });

  test('another option, another kind of thing', () => {
    const other = createBalancer('running-max', { options: { window: 3 } });
    expect(() => other.load(trained().state())).toThrow('balancer state has "window" 2, but this balancer has 3');
    expect(() => other.load('{}')).toThrow('balancer state must be an object as given by state(), got "{}"');
    expect(() => createBalancer('sum').load({ ...createBalancer('sum').state(), tasks: ['a'], state: 3 })).toThrow(
      '"state" must be null for this method, got 3',
    );
  });
});

test('options are typed by the name of the method', () => {
  expectTypeOf<{ decay: number }>().not.toExtend<OptionsOf<'sum'>>();
  expectTypeOf<{ beta: string }>().not.toExtend<OptionsOf<'ema'>>();
  expectTypeOf(createBalancer<'ema'>)
    .parameter(1)
    .exclude<undefined>()
    .toHaveProperty('options');
  const balancer = createBalancer('ema', { options: { beta: 0.9 }, priorities: { box: 2 } });
  expect(balancer.method.options.beta).toBe(0.9);
  const name: string = 'emma';
  expect(() => createBalancer(name, { options: { anything: 1 } })).toThrow('there is no method "emma"');
});
