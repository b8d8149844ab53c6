/** A 1x1 kernel: one matrix product. */
import type { GraphBuilder, Value } from '../builder.js';
import { type Geometry, isStrided, pixels, slice } from './geometry.js';
import { transposedConvolution } from './transposed.js';

/** The pixels that a strided 1x1 kernel looks at, as a matrix. */
export function strided(builder: GraphBuilder, input: Value, g: Geometry): Value {
  if (!isStrided(g)) return pixels(builder, input);
  const ends = [(g.output[0] - 1) * g.strides[0] + 1, (g.output[1] - 1) * g.strides[1] + 1];
  return pixels(builder, slice(builder, input, [0, 0], ends, g.strides));
}

/** The adjoint of `strided`: gradients back in their places, zeros between. */
export function scatterStrided(builder: GraphBuilder, columns: Value, g: Geometry): Value {
  if (!isStrided(g)) return columns;
  // A transposed convolution with the 1x1 kernel "1" puts one zero-filled stride between neighbours.
  const images = builder.view(columns, [g.inChannels * g.n, 1, ...g.output]);
  return transposedConvolution(builder, images, builder.view(builder.scalar(1), [1, 1, 1, 1]), {
    ...g,
    group: 1,
  });
}
