import { eachIndex, generate, get, getBroadcast, type Values } from '../array.js';
import { type Kernel, type Kernels, listAttribute, numberAttribute } from './kernel.js';

/** Folds the values along the reduced axes into one. */
function reduction(start: number, fold: (sofar: number, value: number) => number): Kernel {
  return ([x], op) => {
    const axes = listAttribute(op, 'axes');
    const kept = x!.shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
    const result = generate(kept, () => start);
    const strides = kept.map((_, axis) => kept.slice(axis + 1).reduce((a, b) => a * b, 1));
    eachIndex(x!.shape, (index, position) => {
      const to = index.reduce((sum, i, axis) => sum + (kept[axis] === 1 ? 0 : i * strides[axis]!), 0);
      result.data[to] = fold(result.data[to]!, x!.data[position]!);
    });
    return [{ shape: op.outputs[0]!.shape, data: result.data }];
  };
}

const sum = reduction(0, (a, b) => a + b);

/** The softmax and its logarithm of each line along the axis. */
function softmax(x: Values, axis: number): { log: Values; p: Values } {
  const line = (index: readonly number[]) =>
    Array.from({ length: x.shape[axis]! }, (_, i) => get(x, index.with(axis, i)));
  const log = generate(x.shape, (index) => {
    const values = line(index);
    const largest = Math.max(...values);
    return get(x, index) - largest - Math.log(values.reduce((total, v) => total + Math.exp(v - largest), 0));
  });
  return { log, p: { shape: x.shape, data: log.data.map(Math.exp) } };
}

export const shapeKernels: Kernels = {
  Reshape: ([x], op) => [{ shape: op.outputs[0]!.shape, data: x!.data }],
  Expand: ([x], op) => [generate(op.outputs[0]!.shape, (index) => getBroadcast(x!, index))],
  Transpose: ([x], op) => {
    const perm = listAttribute(op, 'perm');
    return [
      generate(op.outputs[0]!.shape, (index) =>
        get(
          x!,
          perm.map((_, axis) => index[perm.indexOf(axis)]!),
        ),
      ),
    ];
  },
  Concat: (inputs, op) => {
    const axis = numberAttribute(op, 'axis');
    return [
      generate(op.outputs[0]!.shape, (index) => {
        let along = index[axis]!;
        const source = inputs.find((input) => {
          if (along < input.shape[axis]!) return true;
          along -= input.shape[axis]!;
          return false;
        });
        return get(source!, index.with(axis, along));
      }),
    ];
  },
  Slice: ([x], op) => {
    const [starts, axes, steps] = ['starts', 'axes', 'steps'].map((name) => listAttribute(op, name));
    return [
      generate(op.outputs[0]!.shape, (index) => {
        const from = [...index];
        axes!.forEach((axis, i) => {
          from[axis] = starts![i]! + index[axis]! * steps![i]!;
        });
        return get(x!, from);
      }),
    ];
  },
  Pad: ([x], op) => {
    const pads = listAttribute(op, 'pads');
    return [
      generate(op.outputs[0]!.shape, (index) => {
        const from = index.map((i, axis) => i - pads[axis]!);
        return from.every((i, axis) => i >= 0 && i < x!.shape[axis]!) ? get(x!, from) : 0;
      }),
    ];
  },
  ReduceSum: sum,
  ReduceMean: (inputs, op) => {
    const [total] = sum(inputs, op);
    const count = inputs[0]!.data.length / total!.data.length;
    return [{ shape: total!.shape, data: total!.data.map((value) => value / count) }];
  },
  ReduceMax: reduction(-Infinity, Math.max),
  Softmax: ([x], op) => [softmax(x!, numberAttribute(op, 'axis')).p],
  LogSoftmax: ([x], op) => [softmax(x!, numberAttribute(op, 'axis')).log],
};
