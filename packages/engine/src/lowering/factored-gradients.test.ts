import { describe, expect, test } from 'vitest';
import { gradients } from '../graph/gradients.js';
import { Input, type Tensor, Variable } from '../graph/tensor.js';
import { type Conv2dOptions, conv2d } from '../ops/conv.js';
import { add, mul } from '../ops/elementwise.js';
import { linear } from '../ops/matmul.js';
import { mean, sum } from '../ops/reduce.js';
import { sigmoid, square, tanh } from '../ops/unary.js';
import { compile } from '../program/compile.js';
import { interpret } from '../testing/interpreter.js';
import { uniform } from '../testing/random.js';
import { factoredGradients } from './factored-gradients.js';

const random = uniform(11);
const values = (size: number) => Float32Array.from({ length: size }, () => random() - 0.5);
const variable = (shape: readonly number[]) => new Variable('w', shape, values(shape.reduce((a, b) => a * b, 1)));

/** Three losses of one layer's output. */
const lossesOf = (y: Tensor) => [mean(square(y)), sum(sigmoid(mul(y, 3))), mean(tanh(add(y, 0.3)))];

/** The factored forms against the gradients themselves: by the interpreter, and by the runtime. */
async function check(x: Tensor, w: Variable, y: Tensor, feeds: ReadonlyMap<Tensor, Float32Array>): Promise<void> {
  const each = lossesOf(y).map((loss) => gradients(loss, [w])[0]!);
  const factored = factoredGradients(each);
  expect(factored, `${x.shape}`).toBeDefined();
  const weights = [0.3, -2, 7].map((value, i) => ({ input: new Input(`weight ${i}`, []), value }));
  const [products, combined] = [factored!.products(), factored!.combined(weights.map(({ input }) => input))];
  const fed = new Map<Tensor, ArrayLike<number>>([
    ...feeds,
    ...weights.map(({ input, value }) => [input, [value]] as const),
  ]);
  const reference = interpret(each, feeds);
  const dot = (i: number, j: number) =>
    reference[i]!.reduce((total, value, at) => total + value * reference[j]![at]!, 0);
  const program = await compile([{ name: 'all', outputs: { products, combined } }], { threads: 1 });
  const named = [...fed].map(([input, data]) => [(input as Input).name, Float32Array.from(data)]);
  const native = await program.run('all', Object.fromEntries(named));
  for (const [computed, total] of [
    interpret([products, combined], fed),
    [native.products!, native.combined!],
  ] as ArrayLike<number>[][]) {
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const scale = Math.sqrt(dot(i, i) * dot(j, j));
        expect(Math.abs(computed![i * 3 + j]! - dot(i, j)) / scale).toBeLessThan(1e-5);
      }
    }
    const expected = reference[0]!.map((value, at) => 0.3 * value - 2 * reference[1]![at]! + 7 * reference[2]![at]!);
    const norm = Math.hypot(...expected);
    expect(Math.hypot(...expected.map((value, at) => value - total![at]!)) / norm).toBeLessThan(1e-5);
  }
  program.release();
}

describe('factored gradients', () => {
  const cases: readonly (readonly [string, number[], number[], Conv2dOptions])[] = [
    ['1x1', [1, 30, 3, 3], [60, 30, 1, 1], {}],
    ['1x1, stride 2', [2, 24, 5, 4], [32, 24, 1, 1], { stride: 2 }],
    ['3x3 on few pixels', [1, 9, 4, 4], [24, 9, 3, 3], { padding: 1 }],
    ['3x3, stride 2', [2, 9, 4, 6], [24, 9, 3, 3], { padding: 1, stride: 2 }],
  ];
  for (const [name, shape, weight, options] of cases) {
    test(`of a convolution, ${name}`, async () => {
      const x = new Input('x', shape);
      const w = variable(weight);
      await check(x, w, conv2d(x, w, options), new Map([[x, values(x.size)]]));
    });
  }

  test('of a linear layer', async () => {
    const x = new Input('x', [3, 24]);
    const w = variable([16, 24]);
    await check(x, w, linear(x, w), new Map([[x, values(x.size)]]));
  });

  test('of a layer inside a network', async () => {
    const x = new Input('x', [1, 6, 4, 4]);
    const [first, w] = [variable([40, 6, 3, 3]), variable([40, 40, 1, 1])];
    await check(x, w, conv2d(tanh(conv2d(x, first, { padding: 1 })), w), new Map([[x, values(x.size)]]));
  });
});

test('gradients that are better computed', () => {
  const of = (w: Variable, y: Tensor) => factoredGradients(lossesOf(y).map((loss) => gradients(loss, [w])[0]!));
  const [wide, many] = [new Input('x', [2, 2, 4, 4]), new Input('x', [2, 20, 9, 9])];
  const [narrow, large, bias] = [variable([3, 2, 1, 1]), variable([20, 20, 3, 3]), variable([3])];
  // More columns than the weight has rows; ONNX Runtime convolves; no product at all; one loss.
  expect(of(narrow, conv2d(wide, narrow))).toBeUndefined();
  expect(of(large, conv2d(many, large, { padding: 1 }))).toBeUndefined();
  expect(of(bias, conv2d(wide, narrow, { bias }))).toBeUndefined();
  const x = new Input('x', [2, 40, 2, 2]);
  const w = variable([40, 40, 1, 1]);
  const [one] = lossesOf(conv2d(x, w)).map((loss) => gradients(loss, [w])[0]!);
  expect(factoredGradients([one!])).toBeUndefined();
  // A weight that is used twice has a sum of gradients.
  const twice = conv2d(conv2d(x, w), w);
  expect(of(w, twice)).toBeUndefined();
});
