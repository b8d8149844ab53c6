import { Balancer, defineMethod, type LossEvidence } from '../index.js';
import { aCount } from '../shapes.js';

/** The loss is the weight, so that a test can say which weights the method gives; 13 stands for "unknown". */
export const echo = defineMethod<number>({
  name: 'echo',
  needs: ['losses'],
  specs: {},
  options: {},
  init: () => 0,
  restore: (_, memory) => aCount(memory, '"state"'),
  weigh: ({ active }, asked) => ({
    weights: active.map(({ loss }) => (loss === 13 ? null : loss)),
    memory: asked + 1,
    ...(asked === 7 && { reasons: { a: { code: 'fallback', message: 'asked eight times' } } }),
  }),
});

export type Losses = Record<string, number>;

export function weightsOf(method: Parameters<typeof weighs>[0], steps: readonly Losses[], tasks = ['a', 'b', 'c']) {
  return weighs(method, steps, tasks).map(({ weights }) => tasks.map((task) => weights[task]));
}

export function weighs(
  method: ConstructorParameters<typeof Balancer<'losses'>>[0],
  steps: readonly Losses[],
  tasks: string[],
) {
  const balancer = new Balancer(method, { tasks });
  return steps.map((losses) => balancer.weigh({ losses } satisfies LossEvidence));
}
