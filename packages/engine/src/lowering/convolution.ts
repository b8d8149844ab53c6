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
import type { Layouts } from './layout.js';
import type { Product } from './normalised-product.js';

interface Geometry {
  readonly n: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly group: number;
}

/** Up to this many input pixels the selection product costs less than what it saves (8 x 8 and below; measured). */
const SELECTION_PIXELS = 64;
/** Below this many input channels a product per tap is too narrow; the taps are stacked into one. */
const NARROW_CHANNELS = 16;

export function lowerConv(operation: Operation, layouts: Layouts): void {
  const [x, weight, bias] = operation.inputs as [Tensor, Tensor, Tensor?];
  const [y] = operation.outputs as [Tensor];
  const g = geometry(operation, x.shape, weight.shape, y.shape);
  const { builder } = layouts;
  const input = layouts.channelsFirstOf(x);
  const w = layouts.plainOf(weight);
  const way = choose(g);
  if (way === 'direct') {
    const inputs = [builder.view(input, [1, ...input.shape]), withDepth(builder, w)];
    if (bias) inputs.push(layouts.plainOf(bias));
    const result = builder.node('Conv', inputs, [1, g.outChannels, g.n, ...g.output], depthAttributes(g));
    layouts.setChannelsFirst(y, result);
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

function choose(g: Geometry): 'product' | 'selection' | 'direct' {
  if (g.group > 1) return 'direct';
  if (g.kernel[0] * g.kernel[1] === 1 && g.pads.every((pad) => pad === 0)) return 'product';
  return g.input[0] * g.input[1] <= SELECTION_PIXELS ? 'selection' : 'direct';
}

function geometry(operation: Operation, x: Shape, weight: Shape, y: Shape): Geometry {
  const { strides, pads, dilations, group } = operation.attributes;
  return {
    n: x[0]!,
    inChannels: x[1]!,
    outChannels: y[1]!,
    input: [x[2]!, x[3]!],
    output: [y[2]!, y[3]!],
    kernel: [weight[2]!, weight[3]!],
    strides: strides as unknown as Geometry['strides'],
    pads: pads as unknown as Geometry['pads'],
    dilations: dilations as unknown as Geometry['dilations'],
    group: group as number,
  };
}

/** The result of the convolution, or its gradient, as `[C, N, H, W]`. */
function images(builder: GraphBuilder, value: Value, g: Geometry): Value {
  return builder.view(value, [g.outChannels, g.n, ...g.output]);
}

/** `[C, N, H, W]` as the matrix `[C, N*H*W]`. */
function pixels(builder: GraphBuilder, value: Value): Value {
  const [c, n, h, w] = value.shape as [number, number, number, number];
  return builder.view(value, [c, n * h * w]);
}

function flatWeight(builder: GraphBuilder, w: Value): Value {
  const [out, ...rest] = w.shape as [number, number, number, number];
  return builder.view(w, [out, rest[0] * rest[1] * rest[2]]);
}

function withDepth(builder: GraphBuilder, w: Value): Value {
  const [out, perGroup, kH, kW] = w.shape as [number, number, number, number];
  return builder.view(w, [out, perGroup, 1, kH, kW]);
}

function depthAttributes(g: Geometry, pads: Geometry['pads'] = g.pads, strides: Geometry['strides'] = g.strides) {
  return {
    kernel_shape: [1, ...g.kernel],
    strides: [1, ...strides],
    pads: [0, pads[0], pads[1], 0, pads[2], pads[3]],
    dilations: [1, ...g.dilations],
    group: g.group,
  };
}

// --- product -------------------------------------------------------------------------------------------------------

function isStrided(g: Geometry): boolean {
  return g.strides[0] > 1 || g.strides[1] > 1;
}

/** The pixels that a strided 1x1 kernel looks at, as a matrix. */
function strided(builder: GraphBuilder, input: Value, g: Geometry): Value {
  if (!isStrided(g)) return pixels(builder, input);
  const ends = [(g.output[0] - 1) * g.strides[0] + 1, (g.output[1] - 1) * g.strides[1] + 1];
  return pixels(builder, slice(builder, input, [0, 0], ends, g.strides));
}

/** The adjoint of `strided`: gradients back in their places, zeros between. */
function scatterStrided(builder: GraphBuilder, columns: Value, g: Geometry): Value {
  if (!isStrided(g)) return columns;
  // A transposed convolution with the 1x1 kernel "1" puts one zero-filled stride between neighbours.
  const images = builder.view(columns, [g.inChannels * g.n, 1, ...g.output]);
  return transposedConvolution(builder, images, builder.view(builder.scalar(1), [1, 1, 1, 1]), {
    ...g,
    group: 1,
  });
}

// --- selection -----------------------------------------------------------------------------------------------------

/** `[Hin*Win, taps*Hout*Wout]`: column (tap, pixel) has its single 1 in the row of the input pixel it reads, if any. */
function selectionMatrix(builder: GraphBuilder, g: Geometry): Value {
  const [h, w] = g.input;
  const [oh, ow] = g.output;
  const [kh, kw] = g.kernel;
  const columns = kh * kw * oh * ow;
  return builder.once(
    `selection ${JSON.stringify([g.input, g.output, g.kernel, g.strides, g.pads, g.dilations])}`,
    () => {
      const data = new Float32Array(h * w * columns);
      for (let column = 0; column < columns; column++) {
        const tap = Math.floor(column / (oh * ow));
        const pixel = column % (oh * ow);
        const y = Math.floor(pixel / ow) * g.strides[0] + Math.floor(tap / kw) * g.dilations[0] - g.pads[0];
        const x = (pixel % ow) * g.strides[1] + (tap % kw) * g.dilations[1] - g.pads[1];
        if (y >= 0 && y < h && x >= 0 && x < w) data[(y * w + x) * columns + column] = 1;
      }
      return builder.constant(data, [h * w, columns]);
    },
  );
}

/** The patches as a matrix `[C*taps, N*Hout*Wout]`. */
function gatherPatches(builder: GraphBuilder, input: Value, g: Geometry): Value {
  const { inChannels: c, n } = g;
  const taps = g.kernel[0] * g.kernel[1];
  const out = g.output[0] * g.output[1];
  const rows = builder.view(input, [c * n, g.input[0] * g.input[1]]);
  const picked = builder.node('MatMul', [rows, selectionMatrix(builder, g)], [c * n, taps * out]);
  const sorted = builder.node('Transpose', [builder.view(picked, [c, n, taps, out])], [c, taps, n, out], {
    perm: [0, 2, 1, 3],
  });
  return builder.view(sorted, [c * taps, n * out]);
}

/** The adjoint of `gatherPatches`: every patch gradient added to the pixel it came from. */
function scatterPatches(builder: GraphBuilder, columns: Value, g: Geometry): Value {
  const { inChannels: c, n } = g;
  const taps = g.kernel[0] * g.kernel[1];
  const out = g.output[0] * g.output[1];
  const pixelCount = g.input[0] * g.input[1];
  const sorted = builder.node('Transpose', [builder.view(columns, [c, taps, n, out])], [c, n, taps, out], {
    perm: [0, 2, 1, 3],
  });
  const matrix = selectionMatrix(builder, g);
  const adjoint = builder.once(`transpose of value ${matrix.id}`, () => transposedConstant(builder, matrix));
  return builder.node('MatMul', [builder.view(sorted, [c * n, taps * out]), adjoint], [c * n, pixelCount]);
}

function transposedConstant(builder: GraphBuilder, matrix: Value): Value {
  const [rows, columns] = matrix.shape as [number, number];
  const data = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) data[c * rows + r] = matrix.constant![r * columns + c] as number;
  }
  return builder.constant(data, [columns, rows]);
}

// --- direct --------------------------------------------------------------------------------------------------------

function lowerDirectInputGrad(g: Geometry, gradient: Value, w: Value, dx: Tensor, layouts: Layouts): void {
  const { builder } = layouts;
  // With stride 1 the gradient is a convolution of dy with the kernel turned by half a turn, channels exchanged.
  const reach = g.kernel.map((k, i) => (k - 1) * g.dilations[i as 0 | 1]!) as [number, number];
  const pads = [reach[0] - g.pads[0], reach[1] - g.pads[1], reach[0] - g.pads[2], reach[1] - g.pads[3]] as const;
  if (g.group === 1 && !isStrided(g) && pads.every((pad) => pad >= 0)) {
    const [kh, kw] = g.kernel;
    const exchanged = builder.node('Transpose', [w], [g.inChannels, g.outChannels, kh, kw], { perm: [1, 0, 2, 3] });
    const turned = builder.node(
      'Slice',
      [
        exchanged,
        ...[
          [-1, -1],
          [-kh - 1, -kw - 1],
          [2, 3],
          [-1, -1],
        ].map((list) => builder.integers(list)),
      ],
      exchanged.shape,
    );
    const inputs = [builder.view(gradient, [1, ...gradient.shape]), withDepth(builder, turned)];
    const result = builder.node('Conv', inputs, [1, g.inChannels, g.n, ...g.input], depthAttributes(g, pads));
    layouts.setChannelsFirst(dx, result);
    return;
  }
  layouts.setPlain(dx, transposedConvolution(builder, layouts.swap(gradient), w, g));
}

/** The exact adjoint of a convolution, over `[N, C, H, W]`. */
export function transposedConvolution(
  builder: GraphBuilder,
  dy: Value,
  w: Value,
  g: Pick<Geometry, 'input' | 'output' | 'kernel' | 'strides' | 'pads' | 'dilations' | 'group'>,
): Value {
  const rest = [0, 1].map((axis) => {
    const i = axis as 0 | 1;
    const covered = (g.output[i] - 1) * g.strides[i] + (g.kernel[i] - 1) * g.dilations[i] + 1;
    return g.input[i] + g.pads[i]! + g.pads[i + 2]! - covered;
  });
  return builder.node('ConvTranspose', [dy, w], [dy.shape[0]!, w.shape[1]! * g.group, ...g.input], {
    kernel_shape: [...g.kernel],
    strides: [...g.strides],
    pads: [...g.pads],
    dilations: [...g.dilations],
    output_padding: rest,
    group: g.group,
  });
}

function directWeightGrad(builder: GraphBuilder, input: Value, gradient: Value, g: Geometry): Value {
  const [kh, kw] = g.kernel;
  const perGroup = g.inChannels / g.group;
  const taps = shiftedInputs(builder, input, g).map((tap) => pixels(builder, tap));
  const count = gradient.shape[1]!;
  if (g.group === 1 && g.inChannels < NARROW_CHANNELS) {
    const stacked = builder.node(
      'Concat',
      taps.map((tap) => builder.view(tap, [g.inChannels, 1, count])),
      [g.inChannels, kh * kw, count],
      { axis: 1 },
    );
    const columns = builder.view(stacked, [g.inChannels * kh * kw, count]);
    return builder.node('Gemm', [gradient, columns], [g.outChannels, columns.shape[0]!], { transB: 1 });
  }
  const products = taps.map((tap) => {
    const product =
      g.group === 1
        ? builder.node('Gemm', [gradient, tap], [g.outChannels, g.inChannels], { transB: 1 })
        : groupedProduct(builder, gradient, tap, g.group);
    return builder.view(product, [g.outChannels, perGroup, 1]);
  });
  return builder.node('Concat', products, [g.outChannels, perGroup, kh * kw], { axis: 2 });
}

/** dy x^T separately in each group of channels. */
function groupedProduct(builder: GraphBuilder, dy: Value, x: Value, group: number): Value {
  const [out, count] = dy.shape as [number, number];
  const [channels] = x.shape as [number, number];
  const turned = builder.node(
    'Transpose',
    [builder.view(x, [group, channels / group, count])],
    [group, count, channels / group],
    {
      perm: [0, 2, 1],
    },
  );
  return builder.node(
    'MatMul',
    [builder.view(dy, [group, out / group, count]), turned],
    [group, out / group, channels / group],
  );
}

/** For every tap of the kernel the input pixels it meets: `[C, N, Hout, Wout]`. */
function shiftedInputs(builder: GraphBuilder, input: Value, g: Geometry): Value[] {
  const [c, n, h, w] = input.shape as [number, number, number, number];
  const [top, left, bottom, right] = g.pads;
  const height = h + top + bottom;
  const width = w + left + right;
  const padded = g.pads.some((pad) => pad > 0)
    ? builder.node('Pad', [input, builder.integers([0, 0, top, left, 0, 0, bottom, right])], [c, n, height, width])
    : input;
  // Strided reads are slow, so each phase of the stride is cut out once and the taps are contiguous rows of a phase.
  const [sh, sw] = g.strides;
  const phases = new Map<string, Value>();
  const phase = (y: number, x: number): Value => {
    if (!isStrided(g)) return padded;
    const key = `${y} ${x}`;
    const found = phases.get(key) ?? slice(builder, padded, [y, x], [height, width], g.strides);
    phases.set(key, found);
    return found;
  };
  const taps: Value[] = [];
  for (let i = 0; i < g.kernel[0]; i++) {
    for (let j = 0; j < g.kernel[1]; j++) {
      const y = i * g.dilations[0];
      const x = j * g.dilations[1];
      const start = [Math.floor(y / sh), Math.floor(x / sw)] as const;
      taps.push(slice(builder, phase(y % sh, x % sw), start, [start[0] + g.output[0], start[1] + g.output[1]], [1, 1]));
    }
  }
  return taps;
}

/** Rows and columns `start ... end` (exclusive) of `[C, N, H, W]`, every `step`-th. */
function slice(
  builder: GraphBuilder,
  value: Value,
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
): Value {
  const [c, n, h, w] = value.shape as [number, number, number, number];
  const size = (length: number, i: number) => Math.ceil((Math.min(ends[i]!, length) - starts[i]!) / steps[i]!);
  const shape = [c, n, size(h, 0), size(w, 1)];
  if (shape[2] === h && shape[3] === w) return value;
  const lists = [starts, ends, [2, 3], steps].map((list) => builder.integers(list));
  return builder.node('Slice', [value, ...lists], shape);
}
