/** Normalisation, pooling and element-wise operations over `[C, N, H, W]`. */
import { type Attributes, type Operation, sameShape, type Tensor } from '../graph/tensor.js';
import type { GraphBuilder, Value } from './builder.js';
import { transposedConvolution } from './convolution/transposed.js';
import { productBehind } from './convolution.js';
import type { Layouts } from './layout.js';
import { NormalisedProduct, paysAsProduct } from './normalised-product.js';
import { CAST_CODES, type LoweringRule, plainRules } from './operators.js';

/** `[C, N, H, W]` as `[1, C, N*H*W]`, the form in which ONNX sees C channels of one long signal. */
function signal(builder: GraphBuilder, value: Value): Value {
  const [c, n, h, w] = value.shape as [number, number, number, number];
  return builder.view(value, [1, c, n * h * w]);
}

export function lowerBatchNormTraining(operation: Operation, layouts: Layouts): void {
  const [x, scale, bias] = operation.inputs as [Tensor, Tensor, Tensor];
  const { builder } = layouts;
  const input = signal(builder, layouts.channelsFirstOf(x));
  const channels = scale.size;
  // With momentum 0 the "running" results are the statistics of this batch, whatever finite values they replace. ONNX
  // Runtime writes them into the memory of those inputs. Initialisers there would be merged with others that are equal, and
  // a NaN would stay in them for all later runs: each input is computed anew, from a factor that nothing else has.
  const replaced = () => {
    const factor = builder.scalar(2 ** -100 * (1 + builder.unique() * 2 ** -23));
    return builder.node('Mul', [layouts.plainOf(scale), factor], [channels]);
  };
  const [y, mean, variance] = builder.nodes(
    'BatchNormalization',
    [input, layouts.plainOf(scale), layouts.plainOf(bias), replaced(), replaced()],
    [
      [input.shape, 'float32'],
      [[channels], 'float32'],
      [[channels], 'float32'],
    ],
    { training_mode: 1, momentum: 0, epsilon: operation.attributes.epsilon! },
  ) as [Value, Value, Value];
  layouts.setChannelsFirst(operation.outputs[0]!, y);
  layouts.setPlain(operation.outputs[1]!, mean);
  layouts.setPlain(operation.outputs[2]!, variance);
}

/**
 * With x^ = (x - mean) / s, s = sqrt(var + eps) and M values per channel (Ioffe and Szegedy 2015, section 3):
 *   dbias = sum dy;   dscale = sum dy x^ = (sum dy x - mean sum dy) / s
 *   dx = scale / s (dy - dbias / M - x^ dscale / M) = a (dy + (b x + c)), one factor of each per channel
 */
export function lowerBatchNormTrainingGrad(operation: Operation, layouts: Layouts): void {
  const [dy, x, scale, mean, variance] = operation.inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const [dx, dscale, dbias] = operation.outputs as [Tensor, Tensor, Tensor];
  const { builder } = layouts;
  const gradient = signal(builder, layouts.channelsFirstOf(dy));
  const input = () => signal(builder, layouts.channelsFirstOf(x));
  const channels = scale.size;
  const per = [channels] as const;
  const count = gradient.shape[2]!;
  const small = (kind: string, ...inputs: Value[]) => builder.node(kind, inputs, per);
  const sum = (value: Value) =>
    builder.view(builder.node('ReduceSum', [value, builder.integers([2])], [1, channels, 1], { keepdims: 1 }), per);

  const mu = layouts.plainOf(mean);
  const epsilon = builder.scalar(operation.attributes.epsilon as number);
  const spread = small('Sqrt', small('Add', layouts.plainOf(variance), epsilon));
  const sumDy = sum(gradient);
  const product = productBehind(x, layouts);
  const behind =
    product && paysAsProduct(product)
      ? new NormalisedProduct(builder, product, builder.view(gradient, [channels, count]))
      : undefined;
  const sumDyX = behind?.sumOfProducts() ?? sum(builder.node('Mul', [gradient, input()], gradient.shape));
  const scaleGradient = small('Div', small('Sub', sumDyX, small('Mul', mu, sumDy)), spread);

  const a = small('Div', layouts.plainOf(scale), spread);
  const perCount = builder.scalar(-1 / count);
  const b = small('Mul', small('Div', scaleGradient, spread), perCount);
  const c = small('Sub', small('Mul', sumDy, perCount), small('Mul', b, mu));
  let whole: Value | undefined;
  layouts.setDeferred(dx, {
    scale: a,
    unscaled: () => {
      whole ??= builder.node('Add', [gradient, affine(builder, input(), b, c)], gradient.shape);
      return whole;
    },
    ...(behind && {
      products: {
        of: behind.product,
        inputGradient: () => behind.inputGradient(a, b, c),
        weightGradient: () => behind.weightGradient(a, b, c),
      },
    }),
  });
  layouts.setPlain(dscale, scaleGradient);
  layouts.setPlain(dbias, sumDy);
}

/** b x + c in one pass, spelled as a normalisation with mean 0 and variance 1. */
function affine(builder: GraphBuilder, x: Value, b: Value, c: Value): Value {
  const [channels] = b.shape as [number];
  const constants = [filled(builder, channels, 0), filled(builder, channels, 1)];
  return builder.node('BatchNormalization', [x, b, c, ...constants], x.shape, { epsilon: 0 });
}

export function lowerBatchNormalization(operation: Operation, layouts: Layouts): void {
  const [x, ...channels] = operation.inputs as [Tensor, ...Tensor[]];
  const { builder } = layouts;
  const input = signal(builder, layouts.channelsFirstOf(x));
  const inputs = [input, ...channels.map((tensor) => layouts.plainOf(tensor))];
  layouts.setChannelsFirst(
    operation.outputs[0]!,
    builder.node('BatchNormalization', inputs, input.shape, operation.attributes),
  );
}

function filled(builder: GraphBuilder, length: number, value: number): Value {
  return builder.once(`filled ${length} ${value}`, () =>
    builder.constant(new Float32Array(length).fill(value), [length]),
  );
}

/** An operator that treats each picture by itself does not see the exchange of the leading axes. */
export function lowerPool(operation: Operation, layouts: Layouts): void {
  const [c, n, ...rest] = layouts.channelsFirstOf(operation.inputs[0]!).shape as number[];
  const [, , ...size] = operation.outputs[0]!.shape;
  layouts.setChannelsFirst(
    operation.outputs[0]!,
    layouts.builder.node(
      operation.kind,
      [layouts.channelsFirstOf(operation.inputs[0]!)],
      [c!, n!, ...(rest.length > 0 ? size : [])],
      operation.attributes,
    ),
  );
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

/** dy where y > 0: a product with 0 or 1. */
export function lowerReluGrad(operation: Operation, layouts: Layouts): void {
  const [dy, y] = operation.inputs as [Tensor, Tensor];
  const [dx] = operation.outputs as [Tensor];
  const { builder } = layouts;
  const images = layouts.isChannelsFirst(y) || layouts.isChannelsFirst(dy);
  const of = (tensor: Tensor) => (images ? layouts.channelsFirstOf(tensor) : layouts.plainOf(tensor));
  const gradient = of(dy);
  // min(1, max(0, 3e38 y)) is 1 for every positive float32 but the smallest denormals: the mask in a single pass.
  const mask = builder.node('HardSigmoid', [of(y)], gradient.shape, { alpha: 3e38, beta: 0 });
  const result = builder.node('Mul', [gradient, mask], gradient.shape);
  if (images) layouts.setChannelsFirst(dx!, result);
  else layouts.setPlain(dx!, result);
}

/** Element by element: stays in whatever order its images are in. */
export const lowerElementwise: LoweringRule = (operation, layouts) => {
  const [output] = operation.outputs as [Tensor];
  if (output.shape.length !== 4 || !operation.inputs.some((input) => layouts.isChannelsFirst(input))) {
    if (endsWithOne(operation)) lowerFlat(operation, layouts);
    else plainRules[operation.kind]!(operation, layouts);
    return;
  }
  const inputs = operation.inputs.map((input) =>
    input.shape.length === 0 ? layouts.plainOf(input) : layouts.channelsFirstOf(input),
  );
  const [n, c, ...size] = output.shape as [number, number, number, number];
  const shape = [c, n, ...size];
  if (operation.kind === 'Expand') inputs.push(layouts.builder.integers(shape));
  const attributes: Attributes = operation.kind === 'Cast' ? { to: CAST_CODES[output.dtype] } : {};
  layouts.setChannelsFirst(output, layouts.builder.node(operation.kind, inputs, shape, attributes, output.dtype));
};

/** ONNX Runtime walks a shape such as `[2048, 1024, 1, 1]` element by element, 50 times slower than a flat one. */
function endsWithOne({ inputs, outputs, attributes }: Operation): boolean {
  const { shape } = outputs[0]!;
  const simple = Object.keys(attributes).length === 0 && shape.length > 1 && shape.at(-1) === 1;
  return simple && inputs.every((input) => input.shape.length === 0 || sameShape(input.shape, shape));
}

function lowerFlat({ kind, inputs, outputs }: Operation, layouts: Layouts): void {
  const { builder } = layouts;
  const flat = [outputs[0]!.size];
  const values = inputs.map((input) => {
    const value = layouts.plainOf(input);
    return input.shape.length === 0 ? value : builder.view(value, flat);
  });
  layouts.setPlain(outputs[0]!, builder.node(kind, values, flat, {}, outputs[0]!.dtype));
}

/** Sums and means over the batch, channels or pixels of images. */
export const lowerReduce: LoweringRule = (operation, layouts) => {
  const [input] = operation.inputs as [Tensor];
  const [output] = operation.outputs as [Tensor];
  const axes = operation.attributes.axes as readonly number[];
  const keepdims = operation.attributes.keepdims as number;
  // When both leading axes stay and lose their neighbours their order would show.
  const ordered = keepdims === 1 || axes.includes(0) || axes.includes(1);
  if (!layouts.isChannelsFirst(input) || !ordered) {
    plainRules[operation.kind]!(operation, layouts);
    return;
  }
  const { builder } = layouts;
  const value = layouts.channelsFirstOf(input);
  const swapped = axes.map((axis) => (axis < 2 ? 1 - axis : axis));
  const shape = value.shape.flatMap((size, axis) => (swapped.includes(axis) ? (keepdims ? [1] : []) : [size]));
  const result =
    operation.kind === 'ReduceSum'
      ? builder.node('ReduceSum', [value, builder.integers(swapped)], shape, { keepdims })
      : builder.node(operation.kind, [value], shape, { axes: swapped, keepdims });
  if (keepdims) layouts.setChannelsFirst(output, result);
  else layouts.setPlain(output, result);
};
