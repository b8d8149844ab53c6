import { describe, expect, it } from 'vitest';
import { operationsBefore } from '../../graph/traverse.js';
import { type Case, caseGraph } from '../../testing/cases.js';
import { elementwiseCases } from '../../testing/elementwise-cases.js';
import { finiteDifferences, relativeError } from '../../testing/finite-differences.js';
import { interpret } from '../../testing/interpreter.js';
import { layerCases } from '../../testing/layer-cases.js';
import { secondOrderCases } from '../../testing/second-order-cases.js';
import { shapeCases } from '../../testing/shape-cases.js';
import { gradientRules } from './index.js';

const cases: readonly Case[] = [...elementwiseCases, ...shapeCases, ...layerCases, ...secondOrderCases];

describe('gradients against central differences in float64', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const { inputs, output, cotangent, gradients, feeds } = caseGraph(one);
    inputs.forEach((input, i) => {
      const gradient = gradients[i]!;
      expect(gradient.shape).toEqual(input.shape);
      const [symbolic] = interpret([gradient], feeds);
      const numeric = finiteDifferences(output, cotangent, input, feeds);
      expect(Math.hypot(...numeric)).toBeGreaterThan(0);
      expect(relativeError(symbolic!, numeric)).toBeLessThan(1e-6);
    });
  });

  it('covers every rule', () => {
    const checked = new Set(cases.flatMap((one) => operationsBefore([caseGraph(one).output]).map((op) => op.kind)));
    expect(Object.keys(gradientRules).filter((kind) => !checked.has(kind))).toEqual([]);
  });
});
