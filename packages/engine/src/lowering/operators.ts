/** How each operation is spelled as an ONNX node when its tensors lie in their own order. Opset 17. */
import type { DType, Operation, Tensor } from '../graph/tensor.js';
import type { Value } from './builder.js';
import type { Layouts } from './layout.js';

export type LoweringRule = (operation: Operation, layouts: Layouts) => void;

/** Operators whose ONNX node is the operation itself: same inputs, same attributes. */
const DIRECT = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max', 'Pow', 'Greater', 'Less', 'Equal', 'Where', 'And', 'Or', 'Not'],
  ...['Neg', 'Exp', 'Log', 'Sqrt', 'Abs', 'Sign', 'Sigmoid', 'Tanh', 'Softplus', 'Reciprocal', 'Erf', 'Atan', 'Relu'],
  ...['LogSoftmax', 'Softmax', 'MatMul', 'Gemm', 'Transpose', 'Concat', 'ReduceMean', 'ReduceMax'],
  ...['MaxPool', 'AveragePool', 'GlobalAveragePool', 'BatchNormalization'],
];

/** ONNX's number of each element type. */
export const CAST_CODES: Record<DType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

export const plainRules: Record<string, LoweringRule> = {
  ...Object.fromEntries(DIRECT.map((kind) => [kind, (operation, layouts) => emit(operation, layouts)])),
  Conv: (operation, layouts) =>
    emit(operation, layouts, {
      attributes: { ...operation.attributes, kernel_shape: operation.inputs[1]!.shape.slice(2) },
    }),
  Reshape: ({ inputs, outputs }, layouts) => layouts.setPlain(outputs[0]!, layouts.plainOf(inputs[0]!)),
  Identity: ({ inputs, outputs }, layouts) => {
    const [input] = inputs as [Tensor];
    if (layouts.isChannelsFirst(input)) layouts.setChannelsFirst(outputs[0]!, layouts.channelsFirstOf(input));
    else layouts.setPlain(outputs[0]!, layouts.plainOf(input));
  },
  Expand: (operation, layouts) => emit(operation, layouts, { extra: [numbers(operation, 'shape')], attributes: {} }),
  ReduceSum: (operation, layouts) =>
    emit(operation, layouts, {
      extra: [numbers(operation, 'axes')],
      attributes: { keepdims: operation.attributes.keepdims! },
    }),
  Pad: (operation, layouts) => emit(operation, layouts, { extra: [numbers(operation, 'pads')], attributes: {} }),
  Slice: (operation, layouts) =>
    emit(operation, layouts, {
      extra: ['starts', 'ends', 'axes', 'steps'].map((name) => numbers(operation, name)),
      attributes: {},
    }),
  Cast: (operation, layouts) =>
    emit(operation, layouts, { attributes: { to: CAST_CODES[operation.attributes.to as DType] } }),
};

function emit(
  operation: Operation,
  layouts: Layouts,
  {
    extra = [],
    attributes = operation.attributes,
  }: { extra?: readonly number[][]; attributes?: Operation['attributes'] } = {},
): void {
  const inputs: Value[] = operation.inputs.map((input) => layouts.plainOf(input));
  for (const list of extra) inputs.push(layouts.builder.integers(list));
  const results = operation.outputs.map((output) => [output.shape, output.dtype] as const);
  const values = layouts.builder.nodes(operation.kind, inputs, results, attributes);
  for (const [i, output] of operation.outputs.entries()) layouts.setPlain(output, values[i]!);
}

function numbers(operation: Operation, name: string): number[] {
  return [...(operation.attributes[name] as readonly number[])];
}
