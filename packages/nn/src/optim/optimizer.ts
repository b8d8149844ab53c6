import { formatShape, Input, mul, sameShape, type Tensor, Variable } from '@counterpoise/engine';
import type { VariableUpdate } from '../module.js';
import type { Parameter } from '../parameter.js';
import {
  type LoadStateDictOptions,
  type LoadStateDictResult,
  loadInto,
  type StateDict,
  type StateTensor,
  stateDictOf,
} from '../state-dict.js';

export type NamedParameter = readonly [name: string, parameter: Parameter];

/** Parameters that share settings, such as a backbone that learns ten times slower. */
export interface ParameterGroup {
  params: Iterable<NamedParameter>;
  /** Multiplies the learning rate of this group; default 1. */
  lrFactor?: number;
  /** Default: that of the optimiser. */
  weightDecay?: number;
  /**
   * The number of the first step that trains this group, default 1, for a backbone that is thawed later. Adam's bias correction
   * counts from there, as PyTorch's does, which counts each parameter's own steps. Until then the steps must be compiled
   * without gradients for the group.
   */
  firstStep?: number;
}

/** A parameter and what the optimiser remembers about it, in the order of the optimiser's state names. */
export interface Slot {
  readonly name: string;
  readonly parameter: Parameter;
  readonly state: readonly Variable[];
}

interface Group {
  readonly slots: readonly Slot[];
  readonly lrFactor: number;
  readonly weightDecay: number;
  readonly firstStep: number;
}

/** The input that holds one of the `scalars` of the group's step. */
export type ScalarInput = (name: string) => Input;

/** Builds the updates of one parameter; made once per group, so that its scalars are shared. */
export type UpdateRule = (slot: Slot, gradient: Tensor) => VariableUpdate[];

/**
 * The base of the optimisers. An optimiser builds graph, once per compiled step: from the gradients and a learning rate to
 * the new values of the parameters and of its own state. It does not count steps: who runs them passes the number to
 * `feeds` and keeps it in the checkpoint, next to `stateDict`.
 */
export abstract class Optimizer {
  readonly #groups: readonly Group[];
  readonly #inputs = new Map<string, Input>();

  /**
   * @param params `model.namedParameters()`, or groups of such; frozen parameters are left out.
   * @param weightDecay of the groups that do not say.
   * @param stateNames what is remembered per parameter: one variable each, of its shape, zero at first.
   */
  constructor(
    params: Iterable<NamedParameter> | Iterable<ParameterGroup>,
    weightDecay: number,
    stateNames: readonly string[],
  ) {
    const taken = new Set<Parameter>();
    this.#groups = groupsOf(params).map((group) => {
      const slots: Slot[] = [];
      for (const [name, parameter] of group.params) {
        if (taken.has(parameter)) throw new Error(`"params" holds the parameter "${name}" twice`);
        taken.add(parameter);
        if (parameter.requiresGrad) slots.push({ name, parameter, state: stateOf(name, parameter, stateNames) });
      }
      return {
        slots,
        lrFactor: atLeastZero('lrFactor', group.lrFactor ?? 1),
        weightDecay: atLeastZero('weightDecay', group.weightDecay ?? weightDecay),
        firstStep: stepNumber('firstStep', group.firstStep ?? 1),
      };
    });
    if (this.#slots().length === 0) throw new Error('"params" must hold a parameter that is not frozen, got none');
  }

  /** The parameters to take gradients of, in the order that `updates` expects. */
  get parameters(): Parameter[] {
    return this.#slots().map(({ parameter }) => parameter);
  }

  /** The same with their names, which are those of the keys of `stateDict`. */
  get namedParameters(): NamedParameter[] {
    return this.#slots().map(({ name, parameter }) => [name, parameter]);
  }

  /**
   * The new values of the parameters and of the optimiser's state after one step.
   *
   * @param gradients one per element of `parameters`; undefined, for a parameter that the loss does not reach, leaves it
   * as it is, without decay too, as in PyTorch.
   * @param learningRate a scalar, of shape [].
   */
  updates(gradients: readonly (Tensor | undefined)[], learningRate: Tensor): VariableUpdate[] {
    const slots = this.#slots();
    if (gradients.length !== slots.length) {
      throw new RangeError(`"gradients" must hold one per parameter, ${slots.length}, got ${gradients.length}`);
    }
    if (learningRate.shape.length !== 0) {
      throw new RangeError(`"learningRate" must be a scalar of shape [], got ${formatShape(learningRate.shape)}`);
    }
    const updates: VariableUpdate[] = [];
    let index = 0;
    for (const { slots, lrFactor, weightDecay, firstStep } of this.#groups) {
      const rule = this.rule(mul(learningRate, lrFactor), weightDecay, (name) => this.#input(name, firstStep));
      for (const slot of slots) {
        const gradient = gradients[index++];
        if (!gradient) continue;
        if (!sameShape(gradient.shape, slot.parameter.shape)) {
          const [expected, got] = [formatShape(slot.parameter.shape), formatShape(gradient.shape)];
          throw new RangeError(`the gradient of "${slot.name}" must have shape ${expected}, got ${got}`);
        }
        updates.push(...rule(slot, gradient));
      }
    }
    return updates;
  }

  /**
   * The values of the inputs that the updates read beside the gradients and the learning rate, by input name.
   * @param step the number of this step, from 1.
   */
  feeds(step: number): Record<string, number> {
    stepNumber('step', step);
    const feeds: Record<string, number> = {};
    // An input that no update reads would be unknown to the compiled step.
    const begun = this.#groups.filter(({ slots, firstStep }) => slots.length > 0 && firstStep <= step);
    for (const firstStep of new Set(begun.map((group) => group.firstStep))) {
      const scalars = Object.entries(this.scalars(step - firstStep + 1));
      for (const [name, value] of scalars) feeds[inputName(name, firstStep)] = value;
    }
    return feeds;
  }

  /** What is remembered, under "<parameter>.<state>" such as "conv1.weight.momentum_buffer": live values, not copies. */
  stateDict(): StateDict {
    return stateDictOf(this.#state());
  }

  /** @throws StateDictError; the state is then unchanged. */
  loadStateDict(stateDict: ReadonlyMap<string, StateTensor>, options: LoadStateDictOptions = {}): LoadStateDictResult {
    return loadInto(this.#state(), stateDict, options);
  }

  protected abstract rule(learningRate: Tensor, weightDecay: number, scalar: ScalarInput): UpdateRule;

  /** What changes from step to step, by name; `step` is the number among the steps that train the group. */
  protected abstract scalars(step: number): Record<string, number>;

  #input(name: string, firstStep: number): Input {
    const full = inputName(name, firstStep);
    const input = this.#inputs.get(full) ?? new Input(full, []);
    this.#inputs.set(full, input);
    return input;
  }

  #slots(): Slot[] {
    return this.#groups.flatMap(({ slots }) => slots);
  }

  #state(): Map<string, Variable> {
    return new Map(this.#slots().flatMap(({ state }) => state.map((variable) => [variable.name, variable] as const)));
  }
}

function inputName(name: string, firstStep: number): string {
  return firstStep === 1 ? name : `${name}/${firstStep}`;
}

/** @throws RangeError unless the value is a whole number of 1 or more. */
function stepNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`"${name}" must be a whole number of 1 or more, got ${value}`);
}

/** @throws RangeError unless the value is a finite number of 0 or more. */
export function atLeastZero(name: string, value: number): number {
  if (value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new RangeError(`"${name}" must be a number of 0 or more, got ${value}`);
}

/** @throws RangeError unless the value is in [0, 1). */
export function belowOne(name: string, value: number): number {
  if (value >= 0 && value < 1) return value;
  throw new RangeError(`"${name}" must be in [0, 1), got ${value}`);
}

function groupsOf(params: Iterable<NamedParameter> | Iterable<ParameterGroup>): ParameterGroup[] {
  const named: NamedParameter[] = [];
  const groups: ParameterGroup[] = [];
  for (const entry of params) {
    if ('params' in entry) groups.push(entry);
    else named.push(entry);
  }
  if (groups.length === 0) return [{ params: named }];
  if (named.length === 0) return groups;
  throw new TypeError('"params" must hold named parameters or groups of them, not both');
}

function stateOf(name: string, { shape, size }: Parameter, stateNames: readonly string[]): Variable[] {
  return stateNames.map((state) => new Variable(`${name}.${state}`, shape, new Float32Array(size)));
}
