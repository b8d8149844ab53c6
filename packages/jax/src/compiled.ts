/** A function of a list of arrays, compiled for the shapes of its first call. */
import { type ClosedJaxpr, type Array as JaxArray, makeJaxpr } from '@jax-js/jax';

export interface Compiled {
  /** Uses up one reference of each input, when it throws as well. */
  (inputs: JaxArray[]): JaxArray[];
  /** Frees the constants. */
  dispose(): void;
}

/** As `jit`, but without its search for the program of these shapes at every call: there is one. */
export function compiled(f: (inputs: JaxArray[]) => JaxArray[]): Compiled {
  let program: ClosedJaxpr | undefined;
  const call = (inputs: JaxArray[]) => {
    const refCounts = new Map<JaxArray, number>();
    for (const array of inputs) refCounts.set(array, (refCounts.get(array) ?? array.refCount) - 1);
    try {
      program ??= makeJaxpr(f)(inputs).jaxpr;
      const { jaxpr, consts } = program;
      const all = [...consts.map((array) => array.ref), ...inputs];
      const params = { name: 'balanced', jaxpr, numConsts: consts.length };
      return inputs[0]!._trace.processPrimitive('jit' as never, all, params as never) as JaxArray[];
    } catch (error) {
      for (const [array, count] of refCounts) while (array.refCount > count) array.dispose();
      throw error;
    }
  };
  return Object.assign(call, { dispose: () => program?.dispose() });
}
