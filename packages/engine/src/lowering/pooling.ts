/** Pooling over `[C, N, H, W]`. */
import type { Operation, Tensor } from '../graph/tensor.js';
import { transposedConvolution } from './convolution/transposed.js';
import type { Layouts } from './layout.js';

/** An operator that treats each picture by itself does not see the exchange of the leading axes. */
export function lowerPool(operation: Operation, layouts: Layouts): void {
  const input = layouts.channelsFirstOf(operation.inputs[0]!);
  const [output] = operation.outputs as [Tensor];
  const shape = [input.shape[0]!, input.shape[1]!, ...output.shape.slice(2)];
  layouts.setChannelsFirst(output, layouts.builder.node(operation.kind, [input], shape, operation.attributes));
}

/** dx[argmax] += dy, with the positions that ONNX's MaxPool reports (the first maximum in row-major order). */
export function lowerMaxPoolGrad(operation: Operation, layouts: Layouts): void {
  const [dy, x] = operation.inputs as [Tensor, Tensor];
  const { builder } = layouts;
  const input = layouts.channelsFirstOf(x);
  const gradient = layouts.channelsFirstOf(dy);
  const [, positions] = builder.nodes(
    'MaxPool',
    [input],
    [
      [gradient.shape, 'float32'],
      [gradient.shape, 'int64'],
    ],
    operation.attributes,
  );
  const zeros = builder.once(`zeros ${x.size}`, () => builder.constant(new Float32Array(x.size), [x.size]));
  const scattered = builder.node(
    'ScatterElements',
    [zeros, builder.view(positions!, [dy.size]), builder.view(gradient, [dy.size])],
    [x.size],
    { axis: 0, reduction: 'add' },
  );
  layouts.setChannelsFirst(operation.outputs[0]!, scattered);
}

/** Every pixel of a window gets its share of the window's gradient: a transposed convolution with a constant kernel. */
export function lowerAveragePoolGrad(operation: Operation, layouts: Layouts): void {
  const [dy] = operation.inputs as [Tensor];
  const [dx] = operation.outputs as [Tensor];
  const { builder } = layouts;
  const { kernel_shape, strides, pads, count_include_pad } = operation.attributes;
  const kernel = kernel_shape as unknown as readonly [number, number];
  const geometry = {
    input: [dx.shape[2]!, dx.shape[3]!] as const,
    output: [dy.shape[2]!, dy.shape[3]!] as const,
    kernel,
    strides: strides as unknown as readonly [number, number],
    pads: pads as unknown as readonly [number, number, number, number],
    dilations: [1, 1] as const,
    group: 1,
  };
  const area = kernel[0] * kernel[1];
  let gradient = builder.view(layouts.channelsFirstOf(dy), [dy.shape[0]! * dy.shape[1]!, 1, ...geometry.output]);
  if (!count_include_pad) {
    const shares = builder.constant(windowShares(geometry), [1, 1, ...geometry.output]);
    gradient = builder.node('Mul', [gradient, shares], gradient.shape);
  }
  const window = builder.constant(new Float32Array(area).fill(1 / area), [1, 1, ...kernel]);
  layouts.setChannelsFirst(dx, transposedConvolution(builder, gradient, window, geometry));
}

/** For each window: its area over the number of its pixels that lie inside the picture. */
function windowShares(g: {
  input: readonly [number, number];
  output: readonly [number, number];
  kernel: readonly [number, number];
  strides: readonly [number, number];
  pads: readonly [number, number, number, number];
}): Float32Array {
  const inside = (axis: 0 | 1, index: number) => {
    const start = index * g.strides[axis] - g.pads[axis];
    return Math.min(start + g.kernel[axis], g.input[axis]) - Math.max(start, 0);
  };
  const [h, w] = g.output;
  const shares = new Float32Array(h * w);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) shares[y * w + x] = (g.kernel[0] * g.kernel[1]) / (inside(0, y) * inside(1, x));
  }
  return shares;
}

export function lowerGlobalAveragePool(operation: Operation, layouts: Layouts): void {
  const input = layouts.channelsFirstOf(operation.inputs[0]!);
  const shape = [input.shape[0]!, input.shape[1]!, 1, 1];
  const attributes = { axes: [2, 3], keepdims: 1 };
  layouts.setChannelsFirst(operation.outputs[0]!, layouts.builder.node('ReduceMean', [input], shape, attributes));
}
