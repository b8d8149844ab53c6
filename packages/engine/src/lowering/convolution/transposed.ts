import type { GraphBuilder, Value } from '../builder.js';
import type { Geometry } from './geometry.js';

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
