import type { Operation } from '../../graph/tensor.js';
import { accumulate, eachIndex, generate, get, getBroadcast, type Values } from '../array.js';
import { type Kernels, listAttribute, numberAttribute } from './kernel.js';

/** One product of a convolution: the indices of its x, its weight and its y. */
type Term = (x: number[], w: number[], y: number[]) => void;

/**
 * Visits every product x * w that a convolution adds to a y. The convolution and both of its gradients are sums over
 * these same products.
 */
function eachTerm(op: Operation, x: readonly number[], w: readonly number[], y: readonly number[], term: Term): void {
  const [strides, pads, dilations] = ['strides', 'pads', 'dilations'].map((name) => listAttribute(op, name));
  const outPerGroup = w[0]! / numberAttribute(op, 'group');
  eachIndex(y, (to) => {
    const [n, o, i, j] = to as [number, number, number, number];
    eachIndex(w.slice(1), (tap) => {
      const [c, p, q] = tap as [number, number, number];
      const row = i * strides![0]! - pads![0]! + p * dilations![0]!;
      const column = j * strides![1]! - pads![1]! + q * dilations![1]!;
      if (row < 0 || row >= x[2]! || column < 0 || column >= x[3]!) return;
      const channel = Math.floor(o / outPerGroup) * w[1]! + c;
      term([n, channel, row, column], [o, c, p, q], [n, o, i, j]);
    });
  });
}

const matrix = (x: Values, transposed: boolean) => (i: number, j: number) => get(x, transposed ? [j, i] : [i, j]);

export const productKernels: Kernels = {
  MatMul: ([a, b], op) => {
    const inner = a!.shape.at(-1)!;
    return [
      generate(op.outputs[0]!.shape, (index) => {
        const batch = index.slice(0, -2);
        const [i, j] = index.slice(-2) as [number, number];
        let total = 0;
        for (let k = 0; k < inner; k++) total += batched(a!, batch, i, k) * batched(b!, batch, k, j);
        return total;
      }),
    ];
  },
  Gemm: ([a, b, c], op) => {
    const transA = numberAttribute(op, 'transA') === 1;
    const left = matrix(a!, transA);
    const right = matrix(b!, numberAttribute(op, 'transB') === 1);
    const inner = a!.shape[transA ? 0 : 1]!;
    return [
      generate(op.outputs[0]!.shape, (index) => {
        let total = c ? getBroadcast(c, index) : 0;
        for (let k = 0; k < inner; k++) total += left(index[0]!, k) * right(k, index[1]!);
        return total;
      }),
    ];
  },
  Conv: ([x, w, bias], op) => {
    const y = generate(op.outputs[0]!.shape, (index) => (bias ? get(bias, [index[1]!]) : 0));
    eachTerm(op, x!.shape, w!.shape, y.shape, (atX, atW, atY) => accumulate(y, atY, get(x!, atX) * get(w!, atW)));
    return [y];
  },
  ConvInputGrad: ([dy, w], op) => {
    const dx = generate(op.outputs[0]!.shape, () => 0);
    eachTerm(op, dx.shape, w!.shape, dy!.shape, (atX, atW, atY) => accumulate(dx, atX, get(dy!, atY) * get(w!, atW)));
    return [dx];
  },
  ConvWeightGrad: ([x, dy], op) => {
    const dw = generate(op.outputs[0]!.shape, () => 0);
    eachTerm(op, x!.shape, dw.shape, dy!.shape, (atX, atW, atY) => accumulate(dw, atW, get(x!, atX) * get(dy!, atY)));
    return [dw];
  },
  ConvWeightGradProducts: ([x, ...gradients], op) => {
    const shape = listAttribute(op, 'weight_shape');
    const all = gradients.map((dy) => {
      const dw = generate(shape, () => 0);
      eachTerm(op, x!.shape, shape, dy.shape, (atX, atW, atY) => accumulate(dw, atW, get(x!, atX) * get(dy, atY)));
      return dw.data;
    });
    return [
      generate([all.length, all.length], ([i, j]) =>
        all[i!]!.reduce((total, value, at) => total + value * all[j!]![at]!, 0),
      ),
    ];
  },
};

/** A matrix element of a stack of matrices whose leading axes broadcast. */
function batched(x: Values, batch: readonly number[], i: number, j: number): number {
  const own = x.shape.length - 2;
  const leading = x.shape
    .slice(0, own)
    .map((dimension, axis) => (dimension === 1 ? 0 : batch[axis + batch.length - own]!));
  return get(x, [...leading, i, j]);
}
