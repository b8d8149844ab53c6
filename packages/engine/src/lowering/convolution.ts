/**
 * Convolutions and their gradients over `[C, N, H, W]`.
 *
 * Three ways, chosen by the shape alone (so that a run is reproducible):
 *  - *product*: a 1x1 kernel is one matrix product over `[C, N*H*W]`.
 *  - *selection*: on few pixels the patches are gathered by a product with a constant 0/1 matrix, and the rest is again one
 *    large matrix product over the whole batch. Strides, padding and dilation are all in that matrix.
 *  - *direct*: ONNX Runtime's convolution, three-dimensional with the batch as depth. It has no kernel for the weight
 *    gradient, which is one matrix product per tap of the kernel between the output gradient and the shifted input.
 */
import type { Operation, Shape, Tensor } from '../graph/tensor.js';
import type { GraphBuilder, Value } from './builder.js';
import { directConvolution, directWeightGrad, lowerDirectInputGrad } from './convolution/direct.js';
import { flatWeight, type Geometry, geometry, images, pixels } from './convolution/geometry.js';
import { scatterStrided, strided } from './convolution/product.js';
import { gatherPatches, scatterPatches } from './convolution/selection.js';
import { choose } from './convolution/way.js';
import type { Layouts } from './layout.js';
import type { Product } from './normalised-product.js';
import { sumOfAll } from './sum.js';

export function lowerConv(operation: Operation, layouts: Layouts): void {
  const [x, weight, bias] = operation.inputs as [Tensor, Tensor, Tensor?];
  const [y] = operation.outputs as [Tensor];
  const g = geometry(operation, x.shape, weight.shape, y.shape);
  const { builder } = layouts;
  const input = layouts.channelsFirstOf(x);
  const w = layouts.plainOf(weight);
  const way = choose(g);
  if (way === 'direct') {
    layouts.setChannelsFirst(y, directConvolution(builder, input, w, bias && layouts.plainOf(bias), g));
    return;
  }
  const columns = way === 'product' ? strided(builder, input, g) : gatherPatches(builder, input, g);
  const factors = [flatWeight(builder, w), columns];
  if (bias) factors.push(builder.view(layouts.plainOf(bias), [g.outChannels, 1]));
  layouts.setChannelsFirst(y, builder.node('Gemm', factors, [g.outChannels, columns.shape[1]!]));
}

export function lowerConvInputGrad(operation: Operation, layouts: Layouts): void {
  const [dy, weight] = operation.inputs as [Tensor, Tensor];
  const [dx] = operation.outputs as [Tensor];
  const g = geometry(operation, dx.shape, weight.shape, dy.shape);
  const { builder } = layouts;
  const way = choose(g);
  const deferred = layouts.deferredOf(dy);
  if (deferred?.products?.of.weightTensor === weight) {
    layouts.setChannelsFirst(dx, scatterStrided(builder, deferred.products.inputGradient(), g));
    return;
  }
  const scaled = worthScaling(g) ? deferred : undefined;
  // sum_o W[o] (a[o] d[o]) = sum_o (a[o] W[o]) d[o]
  const w = scaled ? scaleRows(builder, layouts.plainOf(weight), scaled.scale) : layouts.plainOf(weight);
  const outputGradient = scaled ? images(builder, scaled.unscaled(), g) : layouts.channelsFirstOf(dy);
  if (way === 'direct') {
    lowerDirectInputGrad(g, outputGradient, w, dx, layouts);
    return;
  }
  const gradient = pixels(builder, outputGradient);
  const flat = flatWeight(builder, w);
  const columns = builder.node('Gemm', [flat, gradient], [flat.shape[1]!, gradient.shape[1]!], { transA: 1 });
  layouts.setChannelsFirst(
    dx,
    way === 'product' ? scatterStrided(builder, columns, g) : scatterPatches(builder, columns, g),
  );
}

export function lowerConvWeightGrad(operation: Operation, layouts: Layouts): void {
  const [x, dy] = operation.inputs as [Tensor, Tensor];
  const [dw] = operation.outputs as [Tensor];
  const g = geometry(operation, x.shape, dw.shape, dy.shape);
  const { builder } = layouts;
  const input = layouts.channelsFirstOf(x);
  const deferred = layouts.deferredOf(dy);
  if (deferred?.products?.of.input === x) {
    layouts.setPlain(dw, deferred.products.weightGradient());
    return;
  }
  const scaled = worthScaling(g) ? deferred : undefined;
  const gradient = pixels(builder, scaled ? images(builder, scaled.unscaled(), g) : layouts.channelsFirstOf(dy));
  const result = weightGrad(builder, input, gradient, g);
  layouts.setPlain(dw, scaled ? scaleRows(builder, builder.view(result, dw.shape), scaled.scale) : result);
}

/** <D_i (X^T X), D_j> of the columns X of the input and the output gradients D_k; see `factored-gradients.ts`. */
export function lowerConvWeightGradProducts(operation: Operation, layouts: Layouts): void {
  const [x, ...gradients] = operation.inputs as [Tensor, ...Tensor[]];
  const [products] = operation.outputs as [Tensor];
  const { builder } = layouts;
  const g = geometry(operation, x.shape, operation.attributes.weight_shape as Shape, gradients[0]!.shape);
  const input = layouts.channelsFirstOf(x);
  const columns = choose(g) === 'product' ? strided(builder, input, g) : gatherPatches(builder, input, g);
  const count = columns.shape[1]!;
  const inner = builder.node('Gemm', [columns, columns], [count, count], { transA: 1 });
  const factors = gradients.map((gradient) => pixels(builder, layouts.channelsFirstOf(gradient)));
  const shape = [g.outChannels, count];
  const turned = factors.map((factor) => builder.node('Gemm', [factor, inner], shape));
  const entry = (a: Value, b: Value) => builder.view(sumOfAll(builder, builder.node('Mul', [a, b], shape)), [1]);
  const upper = turned.map((a, i) => factors.slice(i).map((b) => entry(a, b)));
  const entries = factors.flatMap((_, i) => factors.map((_, j) => (i <= j ? upper[i]![j - i]! : upper[j]![i - j]!)));
  layouts.setPlain(products, builder.node('Concat', entries, [entries.length], { axis: 0 }));
}

/** The matrix product that computes `x`, if that is what computes it. */
export function productBehind(x: Tensor, layouts: Layouts): Product | undefined {
  const operation = x.producer;
  if (operation?.kind !== 'Conv' || operation.inputs.length > 2) return undefined;
  const [input, weightTensor] = operation.inputs as [Tensor, Tensor];
  const g = geometry(operation, input.shape, weightTensor.shape, x.shape);
  if (choose(g) !== 'product') return undefined;
  const { builder } = layouts;
  return {
    input,
    weightTensor,
    weight: flatWeight(builder, layouts.plainOf(weightTensor)),
    columns: strided(builder, layouts.channelsFirstOf(input), g),
  };
}

function weightGrad(builder: GraphBuilder, input: Value, gradient: Value, g: Geometry): Value {
  const way = choose(g);
  if (way === 'direct') return directWeightGrad(builder, input, gradient, g);
  const columns = way === 'product' ? strided(builder, input, g) : gatherPatches(builder, input, g);
  return builder.node('Gemm', [gradient, columns], [g.outChannels, columns.shape[0]!], { transB: 1 });
}

/** A factor per output channel goes to the weights, and to their gradient, where these are smaller than the images. */
function worthScaling(g: Geometry): boolean {
  const weights = (g.inChannels / g.group) * g.kernel[0] * g.kernel[1];
  return g.n * g.output[0] * g.output[1] > 2 * weights;
}

function scaleRows(builder: GraphBuilder, w: Value, scale: Value): Value {
  const [out] = w.shape as [number];
  const rows = builder.view(w, [out, w.shape.slice(1).reduce((product, size) => product * size, 1)]);
  const product = builder.node('Mul', [rows, builder.view(scale, [out, 1])], rows.shape);
  return builder.view(product, w.shape);
}
