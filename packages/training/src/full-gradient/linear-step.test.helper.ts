/** Losses l_k + g_k . theta at theta = 0: their gradients are the rows of a matrix, their values are given. */
import { add, type Feeds, Input, mul, sum } from '@counterpoise/engine';
import { init, Parameter, SGD } from '@counterpoise/nn';
import { Balancer, type Composition, type Need } from 'counterpoise';
import { type BalancedStep, type BalancedStepSettings, compileBalancedStep } from '../balanced-step.js';
import type { GradientStage } from './stage.js';
import { createStepMethod, type StepMethod } from './step-method.js';

export type Rows = readonly (readonly number[])[];

export interface LinearStep {
  readonly step: BalancedStep;
  readonly balancer: Balancer<Need>;
  readonly stage: GradientStage | undefined;
  /** The gradient that the optimiser was given, with the weights of the losses. */
  run(
    matrix: Rows,
    losses: readonly number[],
    settings?: Partial<BalancedStepSettings>,
  ): Promise<{ update: number[]; weights: number[] }>;
}

export const lossNamesOf = (count: number) => Array.from({ length: count }, (_, k) => `l${k + 1}`);

export async function linearStep(
  method: string | StepMethod,
  [count, columns]: readonly [number, number],
  options: Readonly<Record<string, unknown>> = {},
  composition: Composition<Need> = {},
): Promise<LinearStep> {
  const { method: weighing, stage } =
    typeof method === 'string' ? createStepMethod(method, options, composition) : method;
  const theta = new Parameter('theta', [columns], init.zeros());
  const names = lossNamesOf(count);
  const losses = Object.fromEntries(
    names.map((name) => [
      name,
      add(sum(mul(theta, new Input(`row/${name}`, [columns]))), new Input(`value/${name}`, [])),
    ]),
  );
  const balancer = new Balancer(weighing, { tasks: names });
  const optimizer = new SGD([['theta', theta]]);
  const step = await compileBalancedStep({ losses, optimizer }, balancer, { threads: 1, stage });
  let done = 0;
  return {
    step,
    balancer,
    stage,
    async run(matrix, values, settings = {}) {
      theta.data.fill(0);
      done += 1;
      const feeds: Record<string, Feeds[string]> = {};
      for (const [k, name] of names.entries()) {
        feeds[`row/${name}`] = Float32Array.from(matrix[k]!);
        feeds[`value/${name}`] = values[k]!;
      }
      const { weights } = await step.run(feeds, { step: done, learningRate: 1, ...settings });
      // Adding 0 turns -0 into 0.
      return { update: [...theta.data].map((value) => 0 - value), weights: names.map((name) => weights[name]!) };
    },
  };
}
