/** Which variables a step trains. */
import { engine, type NamedTensorMap, type Tensor, Variable } from '@tensorflow/tfjs-core';
import { CounterpoiseError } from 'counterpoise';

/** The trainable ones of the list; without a list all that are registered, as `tf.variableGrads` does. */
export function trainableOf(variables: readonly Variable[] | undefined): readonly Variable[] {
  if (variables !== undefined) checkVariables(variables);
  const trainable = (variables ?? Object.values(engine().registeredVariables)).filter((one) => one.trainable);
  if (trainable.length === 0) {
    const what = variables ? `"variables" must hold a trainable variable` : 'there must be a trainable tf.variable';
    throw new CounterpoiseError('evidence', `${what}, got ${variables?.length ?? 0} of which none is trainable`);
  }
  return trainable;
}

/** Gradients as an optimiser takes them from a list of variables, with a gap where a variable was not reached. */
export function inOrder(variables: readonly Variable[], grads: NamedTensorMap): { name: string; tensor: Tensor }[] {
  return variables.map(({ name }) => ({ name, tensor: grads[name] as Tensor }));
}

function checkVariables(variables: readonly Variable[]): void {
  if (!Array.isArray(variables)) {
    throw new CounterpoiseError('evidence', `"variables" must be a list of tf.Variable, got ${typeof variables}`);
  }
  for (const [at, variable] of variables.entries()) {
    if (!(variable instanceof Variable)) {
      throw new CounterpoiseError('evidence', `"variables"[${at}] must be a tf.Variable, got ${typeof variable}`);
    }
    if (variable.isDisposed) {
      throw new CounterpoiseError('evidence', `"variables"[${at}] ("${variable.name}") is disposed`);
    }
  }
}
