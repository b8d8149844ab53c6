import { Input, type Tensor } from '@counterpoise/engine';
import { operationsBefore } from '../../../engine/src/graph/traverse.js';
import { interpret } from '../../../engine/src/testing/interpreter.js';
import type { Optimizer } from './optimizer.js';

type Values = Map<Tensor, ArrayLike<number>>;

/** The gradient of each of `optimizer.parameters` at a step, counted from 1. */
export type GradientsAt = (step: number) => readonly (readonly number[])[];

/** Runs single steps of an optimiser in float64: returns the new value of every variable that is updated. */
export function stepper(optimizer: Optimizer, gradientsAt: GradientsAt) {
  const learningRate = new Input('learning_rate', []);
  const inputs = optimizer.parameters.map(({ shape }, i) => new Input(`gradient ${i}`, shape));
  const updates = optimizer.updates(inputs, learningRate);
  const targets = updates.map(({ value }) => value);
  const leaves = operationsBefore(targets).flatMap(({ inputs }) => inputs);
  const scalars = new Map(leaves.filter((leaf) => leaf instanceof Input).map((input) => [input.name, input]));

  /** @param variables values in place of the variables' own. */
  return (step: number, rate: number, variables: Values = new Map()): Values => {
    const feeds: Values = new Map([...variables, [learningRate, [rate]]]);
    for (const [i, values] of gradientsAt(step).entries()) feeds.set(inputs[i]!, values);
    for (const [name, value] of Object.entries(optimizer.feeds(step))) feeds.set(scalars.get(name)!, [value]);
    const results = interpret(targets, feeds);
    return new Map(updates.map(({ variable }, i) => [variable, results[i]!]));
  };
}
