import { CounterpoiseError, createBalancer, createMethod, defineMethod, type Method, type Need } from 'counterpoise';
import { methods } from 'counterpoise/catalog';
import { expect, test } from 'vitest';
import { LineError } from './lines.js';
import { Weigher } from './weigher.js';

/** Weights 1 / norm, by the diagonal of a Gramian or by norms: their rows and names cannot be mixed up unseen. */
const inverse = (need: Need): Method =>
  defineMethod<null, Need>({
    name: `inverse-${need}`,
    needs: [need],
    specs: {},
    options: {},
    init: () => null,
    restore: () => null,
    weigh: ({ active, gramian, gradientNorms, epoch }) => ({
      weights: active.map((_, k) => 1 / (need === 'epoch' ? epoch : (gradientNorms[k] ?? Math.sqrt(gramian[k]![k]!)))),
      memory: null,
    }),
  }) as unknown as Method;

const weigher = (
  method: string | Method,
  priorities: Record<string, number> = {},
  options: Record<string, unknown> = {},
) => new Weigher(typeof method === 'string' ? createMethod(method, options) : method, priorities);
const answer = (target: Weigher, text: string, number = 1) => JSON.parse(target.weigh({ number, text }));
const GRAMIAN = '[[1, 0, 0], [0, 4, 0], [0, 0, 16]]';

test('answers with weights, total and terms, and with reasons where there are any', () => {
  const target = weigher('running-max', { box: 4 });
  expect(target.weigh({ number: 1, text: '{"losses": {"class": 2, "box": 5000}}' })).toBe(
    '{"weights":{"class":0.5,"box":0.0008},"total":5,"terms":{"class":1,"box":4}}',
  );
  const second = answer(target, '{"losses": {"class": 1, "box": NaN}, "priorities": {"class": 10}}');
  expect(second).toMatchObject({ weights: { class: 5, box: 0 }, total: 5, terms: { class: 5, box: 0 } });
  expect(Object.keys(second.reasons)).toEqual(['box']);
  expect(second.reasons.box).toMatchObject({ code: 'not-finite', message: expect.stringContaining('NaN') });
  const third = answer(target, '{"losses": {"class": 1, "box": 0}, "mask": {"box": false}, "gramian": null}');
  expect(third.reasons.box.code).toBe('absent');
  expect(target.answers).toBe(3);
});

test('no losses: no total and no terms', () => {
  expect(answer(weigher('mean'), '{"gradientNorms": {"a": 1, "b": 2}}')).toEqual({ weights: { a: 0.5, b: 0.5 } });
});

test('the same numbers as the balancer, to the last bit', () => {
  const [target, balancer] = [weigher('ema'), createBalancer('ema')];
  for (let step = 1; step < 50; step++) {
    const losses = { a: 3 / step, b: 1e5 * Math.abs(Math.sin(step)) };
    const { weights, total, terms } = balancer.weigh({ losses });
    expect(answer(target, JSON.stringify({ losses }))).toEqual({ weights, total, terms });
  }
  expect(target.state()).toEqual(balancer.state());
});

test('tasks are those of the first line in the order of the text, also where names look like numbers', () => {
  const target = weigher(inverse('gramian'));
  expect(answer(target, `{"losses": {"10": 1, "2": 1, "1": 1}, "gramian": ${GRAMIAN}}`).weights).toEqual({
    10: 1,
    2: 1 / 2,
    1: 1 / 4,
  });
  expect(target.state().tasks).toEqual(['10', '2', '1']);
  // The order of the first line stays that of the rows.
  const later = answer(target, `{"losses": {"1": 1, "2": 1, "10": 1}, "gramian": ${GRAMIAN}}`);
  expect(later.weights).toEqual({ 10: 1, 2: 1 / 2, 1: 1 / 4 });
});

test('a matrix alone: t1 ... tK, up to 64', () => {
  const K = 64;
  const gramian = Array.from({ length: K }, (_, i) =>
    Array.from({ length: K }, (_, j) => (i === j ? (i + 1) ** 2 : 0)),
  );
  expect(answer(weigher(inverse('gramian')), JSON.stringify({ gramian }))).toEqual({
    weights: Object.fromEntries(gramian.map((_, i) => [`t${i + 1}`, 1 / (i + 1)])),
  });
});

test('norms are taken from a Gramian where the line has no others', () => {
  const target = weigher(inverse('gradientNorms'));
  expect(answer(target, `{"gramian": ${GRAMIAN}}`).weights).toEqual({ t1: 1, t2: 1 / 2, t3: 1 / 4 });
  const both = `{"gramian": ${GRAMIAN}, "gradientNorms": {"t1": 8, "t2": 8, "t3": 8}}`;
  expect(answer(target, both).weights).toEqual({ t1: 1 / 8, t2: 1 / 8, t3: 1 / 8 });
});

test('every method of the registry answers a line that has everything', () => {
  const K = 3;
  const byTask = (value: (k: number) => number) =>
    Object.fromEntries(['a', 'b', 'c'].map((task, k) => [task, value(k)]));
  const J = [
    [1, 2, 0],
    [-1, 300, 1],
    [0.1, 0, 0.1],
  ];
  const gramian = J.map((row) => J.map((other) => row.reduce((sum, value, i) => sum + value * other[i]!, 0)));
  for (const name of Object.keys(methods)) {
    const options = { ...(name === 'static' && { weights: 1 }) };
    const target = weigher(name, { a: 2 }, options);
    for (const step of [1, 2, 3]) {
      const text = JSON.stringify({
        losses: byTask((k) => 10 ** (2 * k) / step),
        lossesAfter: byTask((k) => 10 ** (2 * k) / (step + 0.5)),
        gradientNorms: byTask((k) => Math.sqrt(gramian[k]![k]!)),
        gradientMax: byTask((k) => k + 2),
        gradientMean: byTask((k) => k + 1),
        gramian,
        crossGramian: gramian,
        epoch: step,
      });
      const { weights, total, terms } = answer(target, text, step);
      expect([name, Object.values(weights).filter(Number.isFinite).length]).toEqual([name, K]);
      expect([name, Number.isFinite(total), Object.keys(terms)]).toEqual([name, true, ['a', 'b', 'c']]);
    }
  }
});

test('a loss named like a property of every object is a loss', () => {
  const text = '{"losses": {"constructor": 2, "toString": 4, "hasOwnProperty": 8}}';
  expect(answer(weigher('log-sum'), text).terms).toEqual({
    constructor: expect.closeTo(1, 6),
    toString: expect.closeTo(1, 6),
    hasOwnProperty: expect.closeTo(1, 6),
  });
});

test.each([
  ['running-max', '{"gradient_norms": {}}', 'there is no field "gradient_norms"; the fields are losses, gramian'],
  ['running-max', '{"__proto__": {}}', 'there is no field "__proto__"'],
  ['running-max', '[1]', 'it must be an object such as {"losses": {"class": 2.3, "box": 5000}}, got [1]'],
  ['running-max', '"x"', 'it must be an object'],
  ['running-max', '{"losses": {"a": 1}', 'not JSON at column 20'],
  ['running-max', '{"losses": {"a": 1, "a": 2}}', 'the key "a" is given twice'],
  ['running-max', '{}', 'running-max needs "losses", and the line has none'],
  ['running-max', '{"losses": null}', 'running-max needs "losses", and the line has none'],
  ['running-max', '{"losses": {}}', 'at least one loss'],
  ['running-max', '{"losses": {"__proto__": 1}}', 'other than "__proto__"'],
  ['running-max', '{"losses": [1, 2]}', '"losses" must be an object'],
  ['running-max', '{"losses": {"a": "1"}}', 'loss "a" must be a number, got "1"'],
  ['running-max', '{"losses": {"a": -1}}', 'loss "a" must be at least 0'],
  ['running-max', '{"losses": {"a": 1}, "mask": {"b": true}}', '"b" is unknown'],
  ['running-max', '{"losses": {"a": 1}, "priorities": {"a": -1}}', 'priority of loss "a" must be in [0, inf), got -1'],
  ['sum', '{}', '"losses" must be an object'],
  [inverse('gramian'), '{"losses": {"a": 1}}', 'inverse-gramian needs "gramian", and the line has none'],
  [inverse('gramian'), '{"gramian": [[1, 2]]}', '"gramian" must be 1 x 1'],
  [inverse('gramian'), '{"gramian": [[1, 0.5], [-0.5, 1]]}', '"gramian" must be symmetric'],
  [
    inverse('gradientNorms'),
    '{"losses": {"a": 1}}',
    'inverse-gradientNorms needs "gradientNorms", and the line has none',
  ],
  [inverse('epoch'), '{"losses": {"a": 1}}', 'inverse-epoch needs "epoch", and the line has none'],
  [inverse('epoch'), '{"losses": {"a": 1}, "epoch": 0.5}', '"epoch" must be an integer'],
] as const)('%j refuses %s', (method, text, message) => {
  const target = weigher(method);
  const weighing = () => target.weigh({ number: 7, text });
  expect(weighing).toThrow(LineError);
  expect(weighing).toThrow(/^line 7: [^\n]+$/);
  expect(weighing).toThrow(message);
  expect(target.answers).toBe(0);
});

test('a bad line leaves the state as it was, and the next one is weighed as if it had not been', () => {
  const [target, calm] = [weigher('ema'), weigher('ema')];
  for (const each of [target, calm]) answer(each, '{"losses": {"a": 1, "b": 2}}');
  for (const text of [
    '{"losses": {"a": 1, "b": "x"}}',
    '{"losses": {"a": 1, "c": 2}}',
    '{"losses": {"a": -1, "b": 1}}',
    '{',
  ])
    expect(() => answer(target, text)).toThrow(LineError);
  expect(target.state()).toEqual(calm.state());
  const last = '{"losses": {"a": 3, "b": 1}}';
  expect(answer(target, last)).toEqual(answer(calm, last));
});

test('a first step without a finite loss still tells the tasks', () => {
  const target = weigher('ema');
  expect(answer(target, '{"losses": {"a": NaN, "b": NaN}}').weights).toEqual({ a: 0, b: 0 });
  expect(() => answer(target, '{"losses": {"a": 1, "c": 1}}', 2)).toThrow('line 2: loss "c" is unknown');
});

test('options and priorities of other tasks are wrong usage, told by the first line or by the state', () => {
  const first = '{"losses": {"a": 1, "b": 1}}';
  const wrong = [weigher('sum', { c: 1 }), weigher('ema', {}, { lowerBound: { c: 1 } })];
  for (const target of wrong) expect(() => answer(target, first)).toThrow(CounterpoiseError);
  const saved = weigher('sum');
  answer(saved, first);
  expect(() => weigher('sum', { c: 1 }).load(saved.state())).toThrow('"priorities" names loss "c"');
});

test('goes on from a state, and refuses a matrix whose losses are in another order than the state says', () => {
  const line = (losses: object) =>
    JSON.stringify({
      losses,
      gramian: [
        [1, 0],
        [0, 9],
      ],
    });
  const before = weigher(inverse('gramian'));
  const expected = answer(before, line({ a: 1, b: 1 }));
  const after = weigher(inverse('gramian'));
  after.load(before.state());
  expect(() => answer(after, line({ b: 1, a: 1 }))).toThrow('the losses are in the order b, a, but a, b in the state');
  expect(answer(after, line({ a: 1, b: 1 })).weights).toEqual(expected.weights);
});
