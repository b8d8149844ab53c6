/** What a caller writes: losses as functions of parameters. */
import type { Array as JaxArray, JsTree } from '@jax-js/jax';

/** Parameters, batches, representations: an array, or lists and plain objects of such. */
export type Tree = JsTree<JaxArray>;
export type LossRecord = Readonly<Record<string, JaxArray>>;

/** Scalars by name, such as `{ class, box }`. Owns its arguments, as every function of jax-js does. */
export type LossFunction<P, A extends readonly unknown[]> = (params: P, ...args: A) => LossRecord;

/** The same in two parts, for gradients to be measured between them. */
export interface TrunkAndHeads<P, Z, A extends readonly unknown[]> {
  /** The representation that the losses share, such as pooled features. Run forward once and pulled back once per step. */
  readonly trunk: (params: P, ...args: A) => Z;
  /** The losses, from that representation. */
  readonly heads: (params: P, representation: Z, ...args: A) => LossRecord;
}

/** Either, for the code that does not care which trees they take. */
export type Losses =
  | ((...inputs: Tree[]) => LossRecord)
  | { readonly trunk: (...inputs: Tree[]) => Tree; readonly heads: (...inputs: Tree[]) => LossRecord };
