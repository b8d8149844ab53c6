import type { Operation, Shape } from '../../graph/tensor.js';
import { accumulate, eachIndex, generate, get, type Values } from '../array.js';
import { type Kernels, listAttribute, numberAttribute } from './kernel.js';

/** The pixels of `image` (a shape [N, C, H, W]) inside the pooling window of the result at `index`, row-major. */
function pixels(op: Operation, image: Shape, index: readonly number[]): number[][] {
  const [kernel, strides, pads] = ['kernel_shape', 'strides', 'pads'].map((name) => listAttribute(op, name));
  const [n, c, i, j] = index as [number, number, number, number];
  const inside: number[][] = [];
  for (let p = 0; p < kernel![0]!; p++) {
    for (let q = 0; q < kernel![1]!; q++) {
      const row = i * strides![0]! - pads![0]! + p;
      const column = j * strides![1]! - pads![1]! + q;
      if (row >= 0 && row < image[2]! && column >= 0 && column < image[3]!) inside.push([n, c, row, column]);
    }
  }
  return inside;
}

function divisor(op: Operation, inside: readonly unknown[]): number {
  const [height, width] = listAttribute(op, 'kernel_shape') as [number, number];
  return numberAttribute(op, 'count_include_pad') === 1 ? height * width : inside.length;
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const average = (values: readonly number[]) => total(values) / values.length;

/** All values of channel `c`, over batch and pixels. */
function channel(x: Values, c: number): number[] {
  const values: number[] = [];
  eachIndex(x.shape, (index, position) => {
    if (index[1] === c) values.push(x.data[position]!);
  });
  return values;
}

const perChannel = (x: Values, compute: (c: number) => number) => generate([x.shape[1]!], ([c]) => compute(c!));

/** (x - mean) / sqrt(variance + epsilon) */
function standardize(x: Values, mean: Values, variance: Values, op: Operation): Values {
  const epsilon = numberAttribute(op, 'epsilon');
  return generate(
    x.shape,
    (index) => (get(x, index) - mean.data[index[1]!]!) / Math.sqrt(variance.data[index[1]!]! + epsilon),
  );
}

const affine = (x: Values, scale: Values, bias: Values) =>
  generate(x.shape, (index) => get(x, index) * scale.data[index[1]!]! + bias.data[index[1]!]!);

export const imageKernels: Kernels = {
  MaxPool: ([x], op) => [
    generate(op.outputs[0]!.shape, (index) => Math.max(...pixels(op, x!.shape, index).map((at) => get(x!, at)))),
  ],
  MaxPoolGrad: ([dy, x, y], op) => {
    const dx = generate(x!.shape, () => 0);
    eachIndex(y!.shape, (index) => {
      const first = pixels(op, x!.shape, index).find((at) => get(x!, at) === get(y!, index));
      accumulate(dx, first!, get(dy!, index));
    });
    return [dx];
  },
  AveragePool: ([x], op) => [
    generate(op.outputs[0]!.shape, (index) => {
      const inside = pixels(op, x!.shape, index);
      return total(inside.map((at) => get(x!, at))) / divisor(op, inside);
    }),
  ],
  AveragePoolGrad: ([dy], op) => {
    const dx = generate(op.outputs[0]!.shape, () => 0);
    eachIndex(dy!.shape, (index) => {
      const inside = pixels(op, dx.shape, index);
      for (const at of inside) accumulate(dx, at, get(dy!, index) / divisor(op, inside));
    });
    return [dx];
  },
  GlobalAveragePool: ([x], op) => {
    const [, , height, width] = x!.shape as unknown as [number, number, number, number];
    return [
      generate(op.outputs[0]!.shape, ([n, c]) => {
        const image = generate([height, width], ([i, j]) => get(x!, [n!, c!, i!, j!]));
        return average([...image.data]);
      }),
    ];
  },
  BatchNormTraining: ([x, scale, bias], op) => {
    const mean = perChannel(x!, (c) => average(channel(x!, c)));
    const variance = perChannel(x!, (c) => average(channel(x!, c).map((value) => (value - mean.data[c]!) ** 2)));
    return [affine(standardize(x!, mean, variance, op), scale!, bias!), mean, variance];
  },
  BatchNormalization: ([x, scale, bias, mean, variance], op) => [
    affine(standardize(x!, mean!, variance!, op), scale!, bias!),
  ],
  // Ioffe and Szegedy 2015, section 3, with z = standardized x, per channel:
  // dx = scale / sqrt(variance + epsilon) * (dy - average dy - z * average (dy z)).
  BatchNormTrainingGrad: ([dy, x, scale, mean, variance], op) => {
    const epsilon = numberAttribute(op, 'epsilon');
    const z = standardize(x!, mean!, variance!, op);
    const dyz = generate(x!.shape, (index) => get(dy!, index) * get(z, index));
    const averageDy = perChannel(x!, (c) => average(channel(dy!, c)));
    const averageDyz = perChannel(x!, (c) => average(channel(dyz, c)));
    const dx = generate(x!.shape, (index) => {
      const c = index[1]!;
      const centred = get(dy!, index) - averageDy.data[c]! - get(z, index) * averageDyz.data[c]!;
      return (scale!.data[c]! / Math.sqrt(variance!.data[c]! + epsilon)) * centred;
    });
    return [dx, perChannel(x!, (c) => total(channel(dyz, c))), perChannel(x!, (c) => total(channel(dy!, c)))];
  },
};
