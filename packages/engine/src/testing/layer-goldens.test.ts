import { describe, expect, it } from 'vitest';
import { relativeError } from './finite-differences.js';
import { interpret } from './interpreter.js';
import { goldenGraph, readLayerGoldens } from './layer-goldens.js';

// 1e-6: constants of the graph such as 1/N are float32 (6e-8 off), the file has nine digits.
describe('operators and gradients against PyTorch in float64', () => {
  it.each(readLayerGoldens().map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const { feeds, targets } = goldenGraph(golden);
    expect(targets).toHaveLength(golden.results.length + Object.keys(golden.gradients ?? {}).length);
    const values = interpret(
      targets.map(({ tensor }) => tensor),
      feeds,
    );
    targets.forEach(({ name, tensor, expected }, i) => {
      expect(tensor.shape, name).toEqual(expected.shape);
      expect(relativeError(values[i]!, expected.values), name).toBeLessThan(1e-6);
    });
  });
});
