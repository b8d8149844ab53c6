import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Tensor } from '../graph/tensor.js';
import { batchNormTraining } from '../ops/batch-norm.js';
import { conv2d } from '../ops/conv.js';
import { add, mul } from '../ops/elementwise.js';
import { avgPool2d, globalAveragePool, maxPool2d } from '../ops/pool.js';
import { flatten } from '../ops/shape.js';
import { sigmoid, tanh } from '../ops/unary.js';
import { type CaseInput, values } from '../testing/cases.js';
import { caseErrors } from '../testing/on-runtime.js';

const side = fc.integer({ min: 1, max: 11 });
const layer = fc.oneof(
  fc.record({
    kind: fc.constant('conv' as const),
    out: fc.integer({ min: 1, max: 4 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
    padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
    dilation: fc.integer({ min: 1, max: 2 }),
    depthwise: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('norm' as const, 'tanh' as const, 'gate' as const, 'residual' as const) }),
  fc.record({
    kind: fc.constantFrom('max' as const, 'average' as const),
    padded: fc.boolean(),
    stride: fc.constantFrom(1, 2),
  }),
);
type Layer = typeof layer extends fc.Arbitrary<infer L> ? L : never;

const net = fc.record({
  shape: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), side, side),
  layers: fc.array(layer, { minLength: 1, maxLength: 6 }),
  pooled: fc.boolean(),
});

interface Built {
  readonly inputs: CaseInput[];
  /** Each applies a layer, taking its weights from the list as they come. */
  readonly steps: ((x: Tensor, weights: Tensor[]) => Tensor)[];
}

/** Adds a layer if it fits images of the given shape; returns the shape after it. */
function append(layer: Layer, shape: readonly number[], { inputs, steps }: Built): readonly number[] {
  const [n, c, h, w] = shape as [number, number, number, number];
  switch (layer.kind) {
    case 'conv': {
      const { kernel, stride, padding, dilation, depthwise } = layer;
      const out = depthwise ? c * layer.out : layer.out;
      const size = [h, w].map((size, i) =>
        Math.floor((size + 2 * padding[i]! - dilation * (kernel[i]! - 1) - 1) / stride[i]! + 1),
      );
      if (size.some((pixels) => pixels < 1)) return shape;
      inputs.push(values([out, depthwise ? 1 : c, ...kernel], -1, 1), values([out]));
      const groups = depthwise ? c : 1;
      steps.push((x, weights) =>
        conv2d(x, weights.shift()!, { bias: weights.shift()!, stride, padding, dilation, groups }),
      );
      return [n, out, ...size];
    }
    case 'norm':
      // Fewer values are all but equal after normalisation, and gradients vanish by cancellation.
      if (n * h * w < 8) return shape;
      inputs.push(values([c], 0.5, 2), values([c]));
      // A large eps for the same reason.
      steps.push((x, weights) => batchNormTraining(x, weights.shift()!, weights.shift()!, { eps: 0.1 }).output);
      return shape;
    case 'tanh':
      steps.push((x) => tanh(x));
      return shape;
    case 'gate':
      steps.push((x) => mul(x, sigmoid(globalAveragePool(x))));
      return shape;
    case 'residual':
      steps.push((x) => add(x, mul(tanh(x), 0.5)));
      return shape;
    default: {
      if (h < 2 || w < 2) return shape;
      const options = { stride: layer.stride, padding: layer.padded ? 1 : 0 };
      const size = [h, w].map((size) => Math.floor((size + 2 * options.padding - 2) / options.stride) + 1);
      steps.push((x) => (layer.kind === 'max' ? maxPool2d(x, 2, options) : avgPool2d(x, 2, options)));
      return [n, c, ...size];
    }
  }
}

it('random convolutional nets agree with the interpreter, forward and every gradient', async () => {
  await fc.assert(
    fc.asyncProperty(net, async ({ shape, layers, pooled }) => {
      const built: Built = { inputs: [values(shape)], steps: [] };
      layers.reduce<readonly number[]>((sofar, layer) => append(layer, sofar, built), shape);
      const build = (x: Tensor, ...weights: Tensor[]) => {
        const y = built.steps.reduce((sofar, step) => step(sofar, weights), x);
        return pooled ? flatten(globalAveragePool(y), 1) : y;
      };
      // A bias before a normalisation has the gradient zero: relative to that, every rounding error is infinite.
      const errors = await caseErrors({ name: 'net', inputs: built.inputs, build }, 1);
      for (const [what, error] of Object.entries(errors)) expect(error, what).toBeLessThan(2e-5);
    }),
    { numRuns: 150, seed: 1 },
  );
});
