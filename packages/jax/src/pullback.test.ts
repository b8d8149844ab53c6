import { type Array as JaxArray, makeJaxpr, numpy as np } from '@jax-js/jax';
import { expect, test } from 'vitest';
import { scopeOf } from './jaxpr.js';
import { pullBack } from './pullback.js';
import { savedFor } from './saved.js';
import { sharingOf } from './sharing.js';
import { batch, heads, losses, params, threeLosses, trunk } from './testing/two-heads.js';
import { traceLosses } from './trace.js';

const traced = (f: unknown) => traceLosses(f as never, params, batch);

test('which loss reaches which array is found from the linearised losses', () => {
  // Arrays: w1, b1, w2, b2, class, box, unused.
  const one = sharingOf(traced(threeLosses));
  expect(one.reached).toEqual([true, true, true, true, true, true, false]);
  expect(one.ofOneLoss).toEqual([false, false, false, false, true, true, false]);
  expect(one.shared).toEqual([0, 1, 2, 3]);
  const split = sharingOf(traced({ trunk, heads }));
  expect(split.ofOneLoss).toEqual(one.ofOneLoss);
  expect(split.shared).toEqual([7]);
});

test('a stopped gradient reaches nothing', () => {
  const f = (p: { w: JaxArray; v: JaxArray }) => ({ a: p.w.ref.mul(p.v).sum(), b: np.floor(p.w).sum() });
  const { heads } = traceLosses(f as never, { w: np.ones([2]), v: np.ones([2]) }, []);
  expect(heads.reaches).toEqual([
    [true, true],
    [false, false],
  ]);
});

test('pulling back one loss runs no part of another', () => {
  const apart = (p: { w: JaxArray }, x: JaxArray, y: JaxArray) => ({
    a: np.dot(x, p.w.ref).sum(),
    b: np.dot(np.dot(y, p.w.ref), p.w).sum(),
  });
  const [w, x, y] = [np.ones([3, 3]), np.ones([3]), np.ones([3])];
  const { heads } = traceLosses(apart as never, { w }, [x, y]);
  const products = (wanted: readonly boolean[]) => {
    const { jaxpr } = makeJaxpr((residuals: JaxArray[], one: JaxArray) => {
      const scope = scopeOf(one._trace, heads.residuals, residuals);
      const cotangents = wanted.map((isWanted) => (isWanted ? one.ref : undefined));
      return pullBack(heads, heads.residuals, scope, cotangents).filter((found) => found !== undefined) as JaxArray[];
    })(
      heads.residuals.map(({ aval: { shape } }) => np.ones(shape)),
      np.ones([]),
    );
    return jaxpr.jaxpr.eqns.length;
  };
  const [a, b, both] = [products([true, false]), products([false, true]), products([true, true])];
  expect(a).toBeGreaterThan(0);
  expect(a + b).toBeLessThanOrEqual(both);
});

test('what only the backward pass reads is made there from what is saved anyway', () => {
  const { forward, outputs } = traced(losses);
  const { variables, remake } = savedFor(forward, outputs.losses, outputs.headResiduals);
  const used = new Set([...outputs.losses, ...forward.eqns.flatMap(({ inputs }) => inputs)]);
  expect(remake.length).toBeGreaterThan(0);
  // Remade operations read one array each, and nothing that is saved could have been remade from another.
  for (const { inputs } of remake) expect(new Set(inputs.filter((atom) => !('value' in atom))).size).toBe(1);
  expect(variables.every((variable) => used.has(variable))).toBe(true);
  expect(variables.length).toBeLessThan(outputs.headResiduals.length + 1);
});
