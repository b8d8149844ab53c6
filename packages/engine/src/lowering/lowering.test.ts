import { describe, expect, it } from 'vitest';
import { elementwiseCases } from '../testing/elementwise-cases.js';
import { relativeError } from '../testing/finite-differences.js';
import { layerCases } from '../testing/layer-cases.js';
import { goldenGraph, readLayerGoldens } from '../testing/layer-goldens.js';
import { caseErrors, runOnRuntime } from '../testing/on-runtime.js';
import { secondOrderCases } from '../testing/second-order-cases.js';
import { shapeCases } from '../testing/shape-cases.js';

/** With two values per channel the gradient for x cancels up to eps; PyTorch's own float32 is 1e-3 off there. */
const BOUNDS: Readonly<Record<string, number>> = { 'batch norm training on two values': 1e-2 };
// float32 has a unit round-off of 6e-8; sums of a few hundred terms stay far below this.
const BOUND = 1e-5;

describe('on ONNX Runtime, against PyTorch in float64', () => {
  it.each(readLayerGoldens().map((golden) => [golden.name, golden] as const))('%s', async (_, golden) => {
    const { feeds, targets } = goldenGraph(golden);
    const values = await runOnRuntime(
      targets.map(({ tensor }) => tensor),
      feeds,
    );
    for (const [i, { name, expected }] of targets.entries()) {
      expect(relativeError(values[i]!, expected.values), name).toBeLessThan(BOUNDS[golden.name] ?? BOUND);
    }
  });
});

describe('on ONNX Runtime, against the float64 interpreter', () => {
  const cases = [...elementwiseCases, ...shapeCases, ...layerCases, ...secondOrderCases];
  it.each(cases.map((specification) => [specification.name, specification] as const))(
    '%s',
    async (_, specification) => {
      for (const [name, error] of Object.entries(await caseErrors(specification))) {
        expect(error, name).toBeLessThan(BOUND);
      }
    },
  );
});
