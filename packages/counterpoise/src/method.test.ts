import { describe, expect, expectTypeOf, test } from 'vitest';
import { Balancer, defineMethod, type Evidence, type LossEvidence } from './index.js';
import { stateless } from './stateless.js';

/** w_k = 1 / sqrt(G_kk): the smallest rule that needs the Gramian. */
const byGradient = defineMethod({
  name: 'by-gradient',
  needs: ['gramian'],
  specs: {},
  options: {},
  ...stateless,
  weigh: ({ gramian }) => ({
    weights: gramian.map((row, k) => 1 / Math.sqrt(row[k]!)),
    memory: null,
  }),
});

describe('a method that needs more than the losses', () => {
  const losses = { a: 1, b: 2 };
  const gramian = [
    [4, 0],
    [0, 25],
  ];

  test('gets it', () => {
    expect(byGradient.update({ losses, gramian }, byGradient.init(['a', 'b'])).weights).toEqual({ a: 0.5, b: 0.2 });
  });

  test('the compiler asks for it', () => {
    expectTypeOf<LossEvidence>().toExtend<Evidence>();
    expectTypeOf<LossEvidence>().not.toExtend<Evidence<'gramian'>>();
    expectTypeOf<{ gramian: number[][] }>().toExtend<Evidence<'gramian'>>();
    expectTypeOf(byGradient.update).parameter(0).toEqualTypeOf<Evidence<'gramian'>>();
    const balancer = new Balancer(byGradient);
    expectTypeOf(balancer.weigh).parameter(0).toEqualTypeOf<Evidence<'gramian'>>();
  });

  test('the run time asks for it', () => {
    const evidence = { losses } as unknown as Evidence<'gramian'>;
    expect(() => byGradient.update(evidence, byGradient.init(['a', 'b']))).toThrow(
      'by-gradient needs "gramian" in the evidence, got undefined',
    );
  });
});

test('a rule that forgets a task is our own bug', () => {
  const broken = defineMethod<null>({
    name: 'broken',
    needs: [],
    specs: {},
    options: {},
    ...stateless,
    weigh: () => ({ weights: [], memory: null }),
  });
  expect(() => broken.update({ losses: { a: 1 } }, broken.init(['a']))).toThrow('internal: broken gave no weight');
});
