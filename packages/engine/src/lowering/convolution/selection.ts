/** Few pixels: patches are gathered by a product with a constant matrix of 0 and 1, which holds strides, padding and dilation. */
import type { GraphBuilder, Value } from '../builder.js';
import type { Geometry } from './geometry.js';

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
export function gatherPatches(builder: GraphBuilder, input: Value, g: Geometry): Value {
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
export function scatterPatches(builder: GraphBuilder, columns: Value, g: Geometry): Value {
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
