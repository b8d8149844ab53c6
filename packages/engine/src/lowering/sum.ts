import type { GraphBuilder, Value } from './builder.js';

/**
 * The sum of all entries, `[]`. ONNX Runtime adds a tensor up in one go in float32: the sum of 17 million squares is then 1e-3
 * too small. Row by row first, it is 1e-8 off.
 */
export function sumOfAll(builder: GraphBuilder, value: Value): Value {
  const [rows = 1, ...rest] = value.shape;
  const matrix = builder.view(value, [rows, rest.reduce((product, size) => product * size, 1)]);
  const sums = builder.node('ReduceSum', [matrix, builder.integers([1])], [rows], { keepdims: 0 });
  return builder.node('ReduceSum', [sums, builder.integers([0])], [], { keepdims: 0 });
}
