import { type Tensor, Variable } from '@counterpoise/engine';
import { Parameter } from './parameter.js';
import {
  isBatchCounter,
  type LoadStateDictOptions,
  type LoadStateDictResult,
  loadInto,
  type StateDict,
  type StateTensor,
  stateDictOf,
} from './state-dict.js';

/** A new value for a variable, to be written when the step that computes it has run. */
export interface VariableUpdate {
  readonly variable: Variable;
  /** Of the variable's shape; may depend on the variable, meaning its value before the step. */
  readonly value: Tensor;
}

/** A module that maps one tensor to one tensor, as `Sequential` chains them. */
export type TensorModule = Module & { forward(x: Tensor): Tensor };

/**
 * The base of layers and models, as `torch.nn.Module`.
 *
 * Child modules, parameters and buffers are ordinary properties, or elements of an array that is one. A state-dict key is
 * the path of property names, written in PyTorch's snake case: `boxHead.runningMean` is "box_head.running_mean".
 * `forward` builds graph: it runs once per compiled step, not once per batch.
 */
export abstract class Module {
  #training = true;
  readonly #updates = new Map<Variable, Tensor>();

  /** Whether `forward` builds the training form, which matters for batch normalisation; true at first. */
  get training(): boolean {
    return this.#training;
  }

  /** Sets the mode of this module and all below it. */
  train(mode = true): this {
    for (const module of this.modules()) module.#training = mode;
    return this;
  }

  /** Evaluation mode, for this module and all below it. On a batch normalisation alone: frozen statistics. */
  eval(): this {
    return this.train(false);
  }

  /** Freezes (false) or thaws all parameters below, as PyTorch's `requires_grad_`. Statistics: see `eval`. */
  requiresGrad(value = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = value;
    return this;
  }

  /** This module ('') and all below it, parents first, each once. */
  namedModules(): [string, Module][] {
    return [...this.#walk('', new Set())];
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** Every parameter with its state-dict key; one that sits in several places comes once, under its first key. */
  namedParameters(): [string, Parameter][] {
    const seen = new Set<Parameter>();
    const found: [string, Parameter][] = [];
    for (const [key, variable] of this.#variables()) {
      if (!(variable instanceof Parameter) || seen.has(variable)) continue;
      seen.add(variable);
      found.push([key, variable]);
    }
    return found;
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** Every variable that is saved with the model but not trained, with its state-dict key. */
  namedBuffers(): [string, Variable][] {
    return [...this.#variables()].filter(([, variable]) => !(variable instanceof Parameter));
  }

  buffers(): Variable[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  /** Parameters and buffers by key: the live values, not copies. */
  stateDict(): StateDict {
    return stateDictOf(this.#variables());
  }

  /**
   * Copies the tensors into the parameters and buffers of the same key. Keys that end in "num_batches_tracked" are ignored.
   * @throws StateDictError if a shape differs or, when strict (the default), a key is missing or unexpected; the model
   * is then unchanged.
   */
  loadStateDict(stateDict: ReadonlyMap<string, StateTensor>, options: LoadStateDictOptions = {}): LoadStateDictResult {
    const tensors = new Map([...stateDict].filter(([key]) => !isBatchCounter(key)));
    return loadInto(this.#variables(), tensors, options);
  }

  /**
   * Hands out the updates of buffers that `forward` has recorded since the last call, over the whole tree. Call it once
   * after each graph that is built: a second forward pass would go on from the first one's.
   */
  takeUpdates(): VariableUpdate[] {
    const taken: VariableUpdate[] = [];
    for (const module of this.modules()) {
      for (const [variable, value] of module.#updates) taken.push({ variable, value });
      module.#updates.clear();
    }
    return taken;
  }

  /** Records the value that a buffer takes after the step. */
  protected recordUpdate(variable: Variable, value: Tensor): void {
    this.#updates.set(variable, value);
  }

  /** A buffer's value so far: a layer that is applied twice in one graph updates its statistics twice, as in PyTorch. */
  protected latest(variable: Variable): Tensor {
    return this.#updates.get(variable) ?? variable;
  }

  /** The modules and variables directly below, with their part of the key. */
  protected *members(): Iterable<[string, Module | Variable]> {
    for (const [property, value] of Object.entries(this) as [string, unknown][]) {
      const name = snakeCase(property);
      if (isMember(value)) yield [name, value];
      if (!Array.isArray(value)) continue;
      for (const [i, item] of value.entries()) if (isMember(item)) yield [`${name}.${i}`, item];
    }
  }

  *#walk(path: string, seen: Set<Module>): Iterable<[string, Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [path, this];
    for (const [name, member] of this.members()) {
      if (member instanceof Module) yield* member.#walk(join(path, name), seen);
    }
  }

  #variables(): Map<string, Variable> {
    const variables = new Map<string, Variable>();
    for (const [path, module] of this.namedModules()) {
      for (const [name, member] of module.members()) {
        if (!(member instanceof Variable)) continue;
        const key = join(path, name);
        if (variables.has(key)) throw new Error(`two properties of ${module.constructor.name} share the key "${key}"`);
        variables.set(key, member);
      }
    }
    return variables;
  }
}

function isMember(value: unknown): value is Module | Variable {
  return value instanceof Module || value instanceof Variable;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function snakeCase(property: string): string {
  return property.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
