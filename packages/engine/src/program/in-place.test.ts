import { describe, expect, it } from 'vitest';
import { Input, type Tensor, Variable } from '../graph/tensor.js';
import { rootOf } from '../lowering/builder.js';
import { lower, trainingRules } from '../lowering/lower.js';
import { conv2d } from '../ops/conv.js';
import { add, mul, sub } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { amax, sum } from '../ops/reduce.js';
import { expand, permute, reshape, transpose } from '../ops/shape.js';
import { softmax } from '../ops/softmax.js';
import { exp, neg, relu, square } from '../ops/unary.js';
import { relativeError } from '../testing/finite-differences.js';
import { interpret } from '../testing/interpreter.js';
import { uniform } from '../testing/random.js';
import { compile } from './compile.js';
import { inPlaceTargets } from './in-place.js';
import { partition } from './partition.js';
import { type Phase, targetsOf, type Update } from './phase.js';

// Large enough that the runtime works in blocks: a product that overwrites its own operand goes wrong.
const n = 70;
const random = uniform(3);
const uniformValues = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
const variable = (name: string, shape: readonly number[] = [n, n]) =>
  new Variable(name, shape, uniformValues(shape.reduce((product, size) => product * size, 1)));

/** The variables that each phase overwrites while it runs. */
function overwritten(phases: readonly Phase[]): string[][] {
  const layouts = lower(phases.flatMap(targetsOf), trainingRules);
  const rootFor = (tensor: Tensor) => rootOf(layouts.plainOf(tensor));
  const models = partition(phases.map((phase) => ({ name: phase.name, targets: targetsOf(phase).map(rootFor) })));
  return phases.map(({ updates = [] }, i) => {
    const { nodes, handedOver } = models[i]!;
    const places = updates.map(({ variable, value }) => ({ variable, root: rootFor(value) }));
    return [...inPlaceTargets(nodes, places, handedOver)].map(({ name }) => name);
  });
}

/** Runs the updates as one phase and compares what every variable holds with the interpreter. */
async function check(updates: readonly Update[], expectedInPlace: readonly string[], inputs: readonly Input[] = []) {
  const feeds = inputs.map((input) => [input, uniformValues(input.size)] as const);
  const expected = interpret(
    updates.map(({ value }) => value),
    new Map(feeds),
  ).map((values) => values.slice());
  const phase = { name: 'update', updates };
  expect(overwritten([phase])).toEqual([expectedInPlace]);
  const program = await compile([phase], { threads: 2 });
  await program.run('update', Object.fromEntries(feeds.map(([{ name }, values]) => [name, values])));
  program.release();
  for (const [i, { variable }] of updates.entries()) {
    expect(relativeError(variable.data, expected[i]!), variable.name).toBeLessThan(1e-5);
  }
}

describe('updates in place', () => {
  it('are those that end in an element-wise operation', async () => {
    const [w, g] = [variable('w'), new Input('g', [n, n])];
    await check([{ variable: w, value: sub(w, mul(g, 0.1)) }], ['w'], [g]);
  });

  it('are those of a variable that nobody reads, whatever computes its value', async () => {
    const [w, gradient, g] = [variable('w'), variable('w.grad'), new Input('g', [n, n])];
    await check([{ variable: gradient, value: matmul(w, g) }], ['w.grad'], [g]);
  });

  it('of momentum and weight together', async () => {
    const [w, v, g] = [variable('w'), variable('v'), new Input('g', [n, n])];
    const velocity = add(mul(v, 0.9), add(g, mul(w, 0.01)));
    const updates = [
      { variable: v, value: velocity },
      { variable: w, value: sub(w, mul(velocity, 0.1)) },
    ];
    // The old weight is read on the way to the velocity, which comes before the new weight.
    await check(updates, ['v', 'w'], [g]);
  });

  it('after products that are far away', async () => {
    const [w, x, t] = [variable('w'), new Input('x', [n, n]), new Input('t', [n, n])];
    const error = sub(matmul(x, w), t);
    await check([{ variable: w, value: sub(w, mul(matmul(transpose(x, 0, 1), error), 0.1)) }], ['w'], [x, t]);
  });

  it('of a kernel [out, in, 1, 1]', async () => {
    const [w, g] = [variable('w', [n, n, 1, 1]), new Input('g', [n, n, 1, 1])];
    await check([{ variable: w, value: add(mul(w, 0.9), g) }], ['w'], [g]);
  });

  it('write into the array of the variable, again at every run', async () => {
    const w = new Variable('w', [3], Float32Array.of(1, 2, 3));
    const program = await compile([
      { name: 'step', outputs: { now: w }, updates: [{ variable: w, value: mul(w, 2) }] },
    ]);
    await program.run('step');
    await program.run('step');
    expect([...w.data]).toEqual([4, 8, 12]);
    w.data.set([1, 0, 0]);
    // An output that is a variable has the value from which the phase started.
    expect([...(await program.run('step')).now!]).toEqual([1, 0, 0]);
    expect([...w.data]).toEqual([2, 0, 0]);
    program.release();
    expect([...w.data]).toEqual([2, 0, 0]);
  });
});

describe('updates by copy', () => {
  it('where another node would read the new value', async () => {
    const [w, copy] = [variable('w'), variable('copy')];
    const updates = [
      { variable: w, value: add(w, 1) },
      { variable: copy, value: relu(w) },
    ];
    await check(updates, ['copy']);
  });

  it('where an output reads the old value', async () => {
    const w = variable('w');
    const phase = { name: 'step', outputs: { total: sum(square(w)) }, updates: [{ variable: w, value: mul(w, 3) }] };
    const [total] = interpret([phase.outputs.total]);
    expect(overwritten([phase])).toEqual([[]]);
    const program = await compile([phase]);
    expect((await program.run('step')).total![0]! / total![0]!).toBeCloseTo(1, 5);
    program.release();
  });

  it('of two variables that exchange their values', async () => {
    const [a, b] = [variable('a', [4]), variable('b', [4])];
    const updates = [
      { variable: a, value: b },
      { variable: b, value: a },
    ];
    await check(updates, []);
  });

  it('of three variables in a circle, each read by the next', async () => {
    const [a, b, c] = [variable('a'), variable('b'), variable('c')];
    const updates = [
      { variable: a, value: add(a, b) },
      { variable: b, value: add(b, c) },
      { variable: c, value: add(c, a) },
    ];
    await check(updates, []);
  });

  it("of a variable with another's old value, beside an update in place", async () => {
    const [a, old] = [variable('a'), variable('old')];
    const updates = [
      { variable: a, value: add(a, 1) },
      { variable: old, value: a },
    ];
    await check(updates, ['a']);
  });

  it('of a variable with itself', async () => {
    const a = variable('a');
    await check([{ variable: a, value: a }], []);
  });

  it('with an input, alone and as its view', async () => {
    const [a, b, x] = [variable('a', [2, 3]), variable('b', [6]), new Input('x', [2, 3])];
    const updates = [
      { variable: a, value: x },
      { variable: b, value: reshape(x, [6]) },
    ];
    await check(updates, [], [x]);
  });

  it('of the second of two variables that get one value', async () => {
    const [a, b] = [variable('a'), variable('b')];
    const value = add(a, 1);
    const updates = [
      { variable: a, value },
      { variable: b, value },
    ];
    await check(updates, ['a']);
  });

  const { matrix, stacked } = { matrix: [n, n], stacked: [4, 4, 20, 20] };
  const b = new Input('b', matrix);
  const kernel = new Input('kernel', [4, 4, 3, 3]);
  const dangerous: Record<string, [shape: number[], (w: Tensor) => Tensor, Input[]]> = {
    'w b + w': [matrix, (w) => add(matmul(w, b), w), [b]],
    'w + b w': [matrix, (w) => add(w, matmul(b, w)), [b]],
    '2 (w b)': [matrix, (w) => mul(matmul(w, b), 2), [b]],
    '3 (2 (w b))': [matrix, (w) => mul(mul(matmul(w, b), 2), 3), [b]],
    '(2 w) b + w': [matrix, (w) => add(matmul(mul(w, 2), b), w), [b]],
    '2 (w^T b)': [matrix, (w) => mul(matmul(transpose(w, 0, 1), b), 2), [b]],
    '-(w^T)': [matrix, (w) => neg(transpose(w, 0, 1)), []],
    'w^T + w': [matrix, (w) => add(transpose(w, 0, 1), w), []],
    'w w': [matrix, (w) => add(matmul(w, w), b), [b]],
    'softmax(w) - w': [matrix, (w) => sub(softmax(w), w), []],
    'exp of w centred': [matrix, (w) => exp(sub(w, expand(amax(w, { axes: [1], keepDims: true }), matrix))), []],
    'convolution of w, plus w': [stacked, (w) => add(conv2d(w, kernel, { padding: 1 }), w), [kernel]],
    'w in another order': [stacked, (w) => mul(permute(w, [1, 0, 2, 3]), 2), []],
    'w + w over another shape': [matrix, (w) => add(reshape(reshape(w, [n * n]), matrix), w), []],
  };
  it.each(Object.entries(dangerous))('%s is right', async (_, [shape, build, inputs]) => {
    const w = variable('w', shape);
    const value = build(w);
    const inPlace = overwritten([{ name: 'update', updates: [{ variable: w, value }] }]);
    await check([{ variable: w, value }], inPlace[0]!, inputs);
  });

  it('where a product that reads the old value could be fused with the update', () => {
    for (const name of ['w b + w', '2 (w b)', '3 (2 (w b))', '(2 w) b + w', '2 (w^T b)', '-(w^T)']) {
      const w = variable('w');
      expect(overwritten([{ name: 'step', updates: [{ variable: w, value: dangerous[name]![1](w) }] }]), name).toEqual([
        [],
      ]);
    }
  });

  it('where two variables share an array', async () => {
    const a = variable('a', [n, n]);
    const flat = new Variable('flat', [n * n], a.data);
    const total = new Variable('total', [], new Float32Array(1));
    const updates = [
      { variable: a, value: add(a, 1) },
      { variable: total, value: sum(square(flat)) },
    ];
    const [, expected] = interpret(updates.map(({ value }) => value));
    expect(overwritten([{ name: 'step', updates }])).toEqual([['total']]);
    const program = await compile([{ name: 'step', updates }]);
    await program.run('step');
    program.release();
    expect(total.data[0]! / expected![0]!).toBeCloseTo(1, 5);
  });

  it('where a later phase needs the value after the variable has changed again', async () => {
    const w = new Variable('w', [2], Float32Array.of(1, 2));
    const first = mul(w, 10);
    const phases = [
      { name: 'first', updates: [{ variable: w, value: first }] },
      { name: 'second', updates: [{ variable: w, value: add(w, 1) }] },
      { name: 'third', outputs: { first: add(first, 0.5), direct: first } },
    ];
    expect(overwritten(phases)).toEqual([[], ['w'], []]);
    const program = await compile(phases);
    for (const { name } of phases.slice(0, 2)) await program.run(name);
    const { first: third, direct } = await program.run('third');
    expect([...third!]).toEqual([10.5, 20.5]);
    expect([...direct!]).toEqual([10, 20]);
    expect([...w.data]).toEqual([11, 21]);
    program.release();
  });

  it('of a value that an earlier phase has computed', async () => {
    const [w, x] = [new Variable('w', [2], new Float32Array(2)), new Input('x', [2])];
    const y = mul(x, 2);
    const program = await compile([
      { name: 'forward', outputs: { y: add(y, 1) } },
      { name: 'update', updates: [{ variable: w, value: y }] },
    ]);
    await program.run('forward', { x: Float32Array.of(3, 4) });
    expect([...w.data]).toEqual([0, 0]);
    await program.run('update');
    expect([...w.data]).toEqual([6, 8]);
    program.release();
  });
});
