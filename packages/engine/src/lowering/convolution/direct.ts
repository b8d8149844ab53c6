/**
 * ONNX Runtime's convolution, three-dimensional with the batch as depth. It has no kernel for the weight gradient: that is one
 * matrix product per tap of the kernel, between the output gradient and the shifted input.
 */
import type { Tensor } from '../../graph/tensor.js';
import type { GraphBuilder, Value } from '../builder.js';
import type { Layouts } from '../layout.js';
import { type Geometry, isStrided, pixels, slice } from './geometry.js';
import { transposedConvolution } from './transposed.js';

/** Below this many input channels a product per tap is too narrow; the taps are stacked into one. */
const NARROW_CHANNELS = 16;

/** The convolution itself, `[1, O, N, Hout, Wout]`. */
export function directConvolution(
  builder: GraphBuilder,
  input: Value,
  w: Value,
  bias: Value | undefined,
  g: Geometry,
): Value {
  const inputs = [builder.view(input, [1, ...input.shape]), withDepth(builder, w)];
  if (bias) inputs.push(bias);
  return builder.node('Conv', inputs, [1, g.outChannels, g.n, ...g.output], depthAttributes(g));
}

export function lowerDirectInputGrad(g: Geometry, gradient: Value, w: Value, dx: Tensor, layouts: Layouts): void {
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

export function directWeightGrad(builder: GraphBuilder, input: Value, gradient: Value, g: Geometry): Value {
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
