/** What does not mind the order of the axes, or can follow it: element-wise operations, sums and means. */
import { type Attributes, type Operation, sameShape, type Tensor } from '../graph/tensor.js';
import type { Layouts } from './layout.js';
import { CAST_CODES, type LoweringRule, plainRules } from './operators.js';
import { sumOfAll } from './sum.js';

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

/** Sums and means over the batch, channels or pixels of images, and sums of everything. */
export const lowerReduce: LoweringRule = (operation, layouts) => {
  const [input] = operation.inputs as [Tensor];
  const [output] = operation.outputs as [Tensor];
  const axes = operation.attributes.axes as readonly number[];
  const keepdims = operation.attributes.keepdims as number;
  const { builder } = layouts;
  if (operation.kind === 'ReduceSum' && output.size === 1 && input.shape.length > 1) {
    const value = layouts.isChannelsFirst(input) ? layouts.channelsFirstOf(input) : layouts.plainOf(input);
    layouts.setPlain(output, sumOfAll(builder, value));
    return;
  }
  // When both leading axes stay and lose their neighbours their order would show.
  const ordered = keepdims === 1 || axes.includes(0) || axes.includes(1);
  if (!layouts.isChannelsFirst(input) || !ordered) {
    plainRules[operation.kind]!(operation, layouts);
    return;
  }
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
