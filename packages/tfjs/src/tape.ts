/**
 * A tape that outlives one backward pass.
 *
 * `tf.variableGrads` runs the forward pass anew for every gradient, because TensorFlow.js throws its tape away after one
 * backward pass. But it does so at the outermost gradient alone: `gradients` called while a tape is open reads that tape and
 * leaves it. So one open tape gives one forward pass and as many backward passes as there are losses. Opening and closing are
 * private in the typings of `tf.engine()`; what they do is done here on the fields of its public `state`.
 */
import { customGrad, engine, scalar, type Tensor, type TensorContainer, tidy } from '@tensorflow/tfjs-core';

/**
 * A tape, and the scope of all tensors that are made while it runs. It runs in parts: between them the engine is as if there
 * were no such tape, so other code may use it while a part waits for a download.
 */
export class Tape {
  #nodes: ReturnType<typeof engine>['state']['activeTape'] = [];
  readonly #scope: ReturnType<typeof engine>['state']['activeScope'];

  constructor() {
    engine().startScope();
    this.#scope = engine().state.activeScope;
    leaveScope();
  }

  /** Records what `work` computes. */
  run<T>(work: () => T): T {
    const { state } = engine();
    const { activeTape, gradientDepth, kernelDepth } = state;
    Object.assign(state, { activeTape: this.#nodes, gradientDepth: 1, kernelDepth: 0 });
    this.#enterScope();
    try {
      return work();
    } finally {
      leaveScope();
      this.#nodes = state.activeTape;
      Object.assign(state, { activeTape, gradientDepth, kernelDepth });
    }
  }

  /** Disposes of everything but the tensors in `result`, which go over to the scope around. */
  close(result: unknown): void {
    for (const { saved } of this.#nodes) for (const tensor of saved ?? []) tensor.dispose();
    this.#enterScope();
    engine().endScope(result as TensorContainer);
  }

  #enterScope(): void {
    const { state } = engine();
    state.scopeStack.push(this.#scope);
    state.activeScope = this.#scope;
  }
}

/** As the end of a scope, but its tensors stay. */
function leaveScope(): void {
  const { state } = engine();
  state.scopeStack.pop();
  state.activeScope = state.scopeStack.at(-1)!;
}

/** Runs `work` on a tape of its own. Leaves the tensors in its result, and nothing on an error. */
export function onTape<T>(work: () => T): T {
  const tape = new Tape();
  let result: T | undefined;
  try {
    result = tape.run(work);
    return result;
  } finally {
    tape.close(result);
  }
}

/** What a tape computes in two parts, with numbers that must come to the host in between. */
export interface InTwoParts<T> {
  readonly wanted: Tensor;
  /** @param values those of `wanted`. */
  finish(values: Float32Array): T;
}

/** As `onTape`, without holding up the event loop while the numbers come to the host. */
export async function onTapeAsync<T>(first: () => InTwoParts<T>): Promise<T> {
  const tape = new Tape();
  let result: T | undefined;
  try {
    const { wanted, finish } = tape.run(first);
    const values = await wanted.data<'float32'>();
    result = tape.run(() => finish(values));
    return result;
  } finally {
    tape.close(result);
  }
}

/** Runs `work` unrecorded, as TensorFlow.js runs the inside of a kernel: what it computes counts as a constant. */
export function offTape<T>(work: () => T): T {
  const { state } = engine();
  state.kernelDepth += 1;
  try {
    return work();
  } finally {
    state.kernelDepth -= 1;
  }
}

/** A backward pass over the open tape: for each of `xs` the gradient of `y`, undefined where `y` does not depend on it. */
export function gradientsOf(y: Tensor, xs: readonly Tensor[]): (Tensor | undefined)[] {
  if (xs.length === 0) return [];
  return offTape(() => engine().gradients(() => y, [...xs], undefined, true).grads);
}

/**
 * Where a backward pass with given cotangents begins: a scalar of no value of its own, whose gradient for tensor i is cotangent
 * i. What multiplies the cotangents is thus a constant by construction, and no sum has to be computed or differentiated.
 */
export function withCotangents(tensors: readonly Tensor[], cotangents: readonly Tensor[]): Tensor {
  return customGrad(() => ({ value: scalar(0), gradFunc: () => [...cotangents] }))(...tensors);
}

/** Of some tensors, those that `y` depends on as far as the open tape knows. */
export function reachedBy<T extends Tensor>(y: Tensor, xs: readonly T[]): T[] {
  const leading = new Set([y.id]);
  for (const { inputs, outputs } of engine().state.activeTape.toReversed()) {
    if (!outputs.some(({ id }) => leading.has(id))) continue;
    for (const input of Object.values(inputs)) leading.add(input.id);
  }
  return xs.filter(({ id }) => leading.has(id));
}

/** `tf.tidy` for results of any type: it keeps the tensors that it finds in them. */
export function tidied<T>(work: () => T): T {
  return tidy(work as () => TensorContainer) as T;
}
