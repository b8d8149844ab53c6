import { type Shape, sizeOf, Variable } from '@counterpoise/engine';
import { loadInto, type StateDict, type StateTensor, stateDictOf } from '@counterpoise/nn';

/**
 * What a stage remembers, as tensors by name. Which there are is told by the graph, so they are made when a step is compiled;
 * what was loaded before waits for that.
 */
export class StageState {
  readonly #variables = new Map<string, Variable>();
  #waiting: ReadonlyMap<string, StateTensor> = new Map();

  /**
   * The variable of that name, the same for every step that asks; as loaded, or zero, as for a layer that has just been thawed.
   * @throws StateDictError if what was loaded has another shape.
   */
  variable(name: string, shape: Shape): Variable {
    const known = this.#variables.get(name);
    if (known) return known;
    const made = new Variable(name, shape, new Float32Array(sizeOf(shape)));
    const tensor = this.#waiting.get(name);
    if (tensor) loadInto(new Map([[name, made]]), new Map([[name, tensor]]));
    this.#variables.set(name, made);
    return made;
  }

  /** Live values, not copies, under "<parameter>.<state>". */
  stateDict(): StateDict {
    const waiting = [...this.#waiting].filter(([name]) => !this.#variables.has(name));
    return new Map([
      ...stateDictOf(this.#variables),
      ...waiting.map(([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }] as const),
    ]);
  }

  /** @throws StateDictError if a tensor that is in use is missing or has another shape; the state is then unchanged. */
  loadStateDict(stateDict: ReadonlyMap<string, StateTensor>): void {
    loadInto(this.#variables, new Map([...stateDict].filter(([name]) => this.#variables.has(name))));
    this.#waiting = stateDict;
  }
}
