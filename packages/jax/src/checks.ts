/** What a step cannot be made of: one line that names the argument, its value and what would be right. */
import { Array as JaxArray, tree } from '@jax-js/jax';
import { CounterpoiseError, type Need } from 'counterpoise';
import type { LossRecord, Tree } from './losses.js';
import type { Sharing } from './sharing.js';
import type { Traced } from './trace.js';

const isFloat = ({ dtype }: JaxArray) => dtype.startsWith('float');

/** Or what stands for an array inside a trace, which has no public class. */
function isArray(value: unknown): value is JaxArray {
  return value instanceof JaxArray || (typeof value === 'object' && value !== null && 'aval' in value);
}

function describe(value: unknown): string {
  if (isArray(value)) return `${value.dtype}[${value.shape.join(',')}]`;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return `an object of class ${value.constructor?.name}`;
  return typeof value === 'string' ? `"${value}"` : typeof value === 'function' ? 'a function' : String(value);
}

export function checkLossFunctions(losses: unknown): void {
  const { trunk, heads } = (losses ?? {}) as Record<string, unknown>;
  if (typeof losses === 'function' || (typeof trunk === 'function' && typeof heads === 'function')) return;
  throw new CounterpoiseError(
    'option',
    `"losses" must be a function, or { trunk, heads }, two functions, got ${describe(losses)}`,
  );
}

export function checkNeeds(method: string, needs: readonly Need[]): void {
  if (!needs.includes('crossGramian')) return;
  throw new CounterpoiseError(
    'option',
    `${method} compares the gradients of two batches, and here there is one: take another method`,
  );
}

/** The losses, if they are scalars by name. */
export function checkedLosses(losses: unknown): LossRecord {
  if (isArray(losses) || typeof losses !== 'object' || losses?.constructor !== Object) {
    throw new CounterpoiseError(
      'evidence',
      `the losses must be an object of scalars by name, such as { class, box }, got ${describe(losses)}`,
    );
  }
  const entries = Object.entries(losses as Record<string, unknown>);
  if (entries.length === 0) throw new CounterpoiseError('evidence', 'the losses must hold at least one loss, got none');
  for (const [name, loss] of entries) {
    if (isArray(loss) && loss.ndim === 0 && isFloat(loss)) continue;
    throw new CounterpoiseError('evidence', `loss "${name}" must be a float scalar of shape [], got ${describe(loss)}`);
  }
  return losses as LossRecord;
}

/** The representation, if gradients can be taken with respect to it. */
export function checkedRepresentation(representation: Tree): Tree {
  const leaves: readonly unknown[] = tree.leaves(representation);
  const bad = leaves.find((leaf) => !isArray(leaf) || !isFloat(leaf));
  if (leaves.length > 0 && !leaves.some((leaf) => leaf === bad)) return representation;
  const got = leaves.length === 0 ? 'none' : describe(bad);
  throw new CounterpoiseError('evidence', `"trunk" must return float arrays, got ${got}`);
}

/** Names of the leaves of a tree, such as `params.layers[0].w`. */
function pathsOf(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => pathsOf(item, `${path}[${i}]`));
  if (typeof value === 'object' && value?.constructor === Object) {
    return Object.entries(value).flatMap(([key, item]) => pathsOf(item, `${path}.${key}`));
  }
  return [path];
}

/**
 * Throws unless the step can take these leaves of `[params, ...args]`.
 *
 * @param parameters how many of them are of `params`.
 */
export function checkInputs(leaves: readonly unknown[], parameters: number, trees: readonly unknown[]): void {
  if (parameters === 0) throw new CounterpoiseError('evidence', '"params" must hold at least one array, got none');
  const bad = leaves.findIndex((leaf, at) => !isUsable(leaf, at < parameters));
  if (bad < 0) return;
  const path = trees.flatMap((tree, i) => pathsOf(tree, i === 0 ? 'params' : `args[${i - 1}]`))[bad];
  const leaf = leaves[bad];
  if (isArray(leaf) && !(leaf instanceof JaxArray)) {
    throw new CounterpoiseError(
      'evidence',
      `"${path}" is being traced: call the step outside of jit, grad and vmap, the weights are computed on the host`,
    );
  }
  const message =
    leaf instanceof JaxArray && leaf.refCount <= 0
      ? `"${path}" has been used up: pass it with .ref where it is needed again`
      : `"${path}" must be ${bad < parameters ? 'a float array' : 'an array, a number or a boolean'}, got ${describe(leaf)}`;
  throw new CounterpoiseError('evidence', message);
}

function isUsable(leaf: unknown, isParameter: boolean): boolean {
  if (leaf instanceof JaxArray) return leaf.refCount > 0 && (!isParameter || isFloat(leaf));
  return !isParameter && (typeof leaf === 'number' || typeof leaf === 'boolean');
}

export function checkReached({ names }: Traced, { reached }: Sharing): void {
  if (reached.includes(true)) return;
  throw new CounterpoiseError(
    'evidence',
    `the losses (${names.join(', ')}) depend on no array of "params": nothing to train`,
  );
}

export function checkShared({ names, trunk }: Traced, { shared }: Sharing): void {
  if (shared.length > 0) return;
  throw new CounterpoiseError(
    'evidence',
    `no array ${trunk ? 'that "trunk" returned' : 'of "params"'} is reached by two of the losses ${names.join(', ')}: their gradients cannot be compared`,
  );
}

/** @param known names of all losses; some may be absent. */
export function checkNames(names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new CounterpoiseError(
    'evidence',
    `loss "${unknown}" is unknown: the losses are ${known.join(', ')} and may not change between steps`,
  );
}
