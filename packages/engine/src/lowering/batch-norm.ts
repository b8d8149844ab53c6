/** Batch normalisation over `[C, N, H, W]`. */
import type { Operation, Tensor } from '../graph/tensor.js';
import type { GraphBuilder, Value } from './builder.js';
import { productBehind } from './convolution.js';
import type { Layouts } from './layout.js';
import { NormalisedProduct, paysAsProduct } from './normalised-product.js';

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
