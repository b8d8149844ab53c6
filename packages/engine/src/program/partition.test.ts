import { expect, it } from 'vitest';
import { Input, type Tensor, Variable } from '../graph/tensor.js';
import { rootOf } from '../lowering/builder.js';
import { lower, trainingRules } from '../lowering/lower.js';
import { constant } from '../ops/constants.js';
import { add, mul } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { amax } from '../ops/reduce.js';
import { reshape } from '../ops/shape.js';
import { exp, relu, tanh } from '../ops/unary.js';
import { partition } from './partition.js';

const x = new Input('x', [2, 2]);
const w = new Variable('w', [2, 2], new Float32Array(4));

function models(...phases: (readonly Tensor[])[]) {
  const layouts = lower(phases.flat(), trainingRules);
  return partition(
    phases.map((targets, i) => ({ name: `phase ${i}`, targets: targets.map((tensor) => layouts.plainOf(tensor)) })),
  );
}

const kinds = (phases: ReturnType<typeof models>) => phases.map(({ nodes }) => nodes.map(({ opType }) => opType));
const counts = ({ inputs, outputs }: ReturnType<typeof models>[number]) => [inputs.length, outputs.length];

it('computes every node once, in the first phase that needs it', () => {
  const hidden = tanh(matmul(x, w));
  const phases = models([amax(hidden)], [exp(hidden), mul(hidden, 2)], [hidden, amax(exp(hidden))]);
  expect(kinds(phases)).toEqual([
    ['MatMul', 'Tanh', 'ReduceMax'],
    ['Exp', 'Mul'],
    ['Exp', 'ReduceMax'],
  ]);
  expect(phases.map(counts)).toEqual([
    [2, 2],
    [1, 2],
    [1, 1],
  ]);
  expect(phases.map(({ handedOver }) => handedOver.size)).toEqual([1, 0, 0]);
});

it('leaves out what nobody needs, and knows a phase without work', () => {
  const unused = exp(x);
  expect(unused.producer?.kind).toBe('Exp');
  const phases = models([relu(x)], [x, w, constant([1])], []);
  expect(kinds(phases)).toEqual([['Relu'], [], []]);
  expect(phases.map(counts)).toEqual([
    [1, 1],
    [0, 0],
    [0, 0],
  ]);
});

it('hands over a value that a later phase only shows', () => {
  const hidden = relu(x);
  const [first, second] = models([amax(hidden)], [hidden]);
  expect([...first!.handedOver].map((value) => value.node?.opType)).toEqual(['Relu']);
  expect(second!.nodes).toEqual([]);
});

it('declares a view at the border under its shape, without a node', () => {
  const hidden = relu(x);
  const [first, second] = models([hidden], [mul(reshape(hidden, [4]), constant([1, 2, 3, 4])), exp(reshape(w, [4]))]);
  expect(first!.model.nodes.map(({ opType }) => opType)).toEqual(['Relu']);
  expect(second!.model.nodes.map(({ opType }) => opType)).toEqual(['Mul', 'Exp']);
  expect(second!.inputs.map(({ shape }) => shape)).toEqual([[4], [4]]);
  expect(second!.inputs.map(({ root }) => rootOf(root).shape)).toEqual([
    [2, 2],
    [2, 2],
  ]);
});

it('reshapes a view inside a model, once for all its readers', () => {
  const flat = reshape(relu(x), [4]);
  const [only] = models([add(exp(flat), tanh(flat))]);
  expect(only!.model.nodes.map(({ opType }) => opType)).toEqual(['Relu', 'Reshape', 'Exp', 'Tanh', 'Add']);
  expect(only!.model.initializers.map(({ data }) => [...data].map(Number))).toEqual([[4]]);
});

it('walks deep graphs without recursion', () => {
  let y: Tensor = x;
  for (let i = 0; i < 20_000; i++) y = relu(y);
  expect(models([y])[0]!.nodes).toHaveLength(20_000);
});

it('computes a node once per branch where phases are alternatives', () => {
  const hidden = tanh(matmul(x, w));
  const grown = exp(hidden);
  const targets = [[hidden], [grown, mul(grown, 2)], [relu(grown)], [mul(hidden, 3)]];
  const lowered = lower(targets.flat(), trainingRules);
  const phases = partition(
    targets.map((tensors, i) => ({
      name: `phase ${i}`,
      targets: tensors.map((tensor) => lowered.plainOf(tensor)),
      predecessors: i === 0 ? [] : i === 3 ? [0, 1] : [0],
    })),
  );
  expect(kinds(phases)).toEqual([['MatMul', 'Tanh'], ['Exp', 'Mul'], ['Exp', 'Relu'], ['Mul']]);
  expect(phases.map(({ handedOver }) => handedOver.size)).toEqual([1, 0, 0, 0]);
});

it('hands a value over from the earliest predecessor that has computed it', () => {
  const hidden = exp(x);
  const lowered = lower([hidden], trainingRules);
  const [a, b, c] = partition([
    { name: 'a', targets: [lowered.plainOf(hidden)] },
    { name: 'b', targets: [lowered.plainOf(hidden)], predecessors: [] },
    { name: 'c', targets: [lowered.plainOf(hidden)], predecessors: [0, 1] },
  ]);
  expect([a!.handedOver.size, b!.handedOver.size, c!.nodes.length]).toEqual([1, 0, 0]);
});
