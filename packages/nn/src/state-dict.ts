import { formatShape, type Shape, sameShape, sizeOf, type Variable } from '@counterpoise/engine';
import type { HostTensor } from './safetensors.js';

/** What can be loaded. */
export interface StateTensor {
  readonly shape: Shape;
  /** Row-major values. */
  readonly data: Float32Array;
}

/** Tensors by PyTorch's keys, such as "layer1.0.conv1.weight", in PyTorch's order; `encodeSafetensors` takes it as it is. */
export type StateDict = Map<string, Extract<HostTensor, { dtype: 'F32' }>>;

export interface LoadStateDictOptions {
  /** False accepts missing and unexpected keys; wrong shapes are always an error. Default true. */
  strict?: boolean;
}

/** Which keys did not match; both are empty after a strict load. */
export interface LoadStateDictResult {
  missingKeys: string[];
  unexpectedKeys: string[];
}

/** The tensors offered do not fit: the message has one line per key, at most ten of them. */
export class StateDictError extends Error {
  override name = 'StateDictError';
}

const MOST_PROBLEMS_SHOWN = 10;

/**
 * PyTorch's batch normalisation counts its batches in an int64 tensor that matters only with `momentum=None`, a mode that
 * our BatchNorm2d lacks. So the counters of a file are skipped, and never written: PyTorch, loading a dictionary
 * without version metadata (which safetensors cannot hold), takes them for absent and starts them at zero.
 */
export function isBatchCounter(key: string): boolean {
  return key === 'num_batches_tracked' || key.endsWith('.num_batches_tracked');
}

/** The values themselves, not copies, as in PyTorch: they change as training goes on. */
export function stateDictOf(variables: ReadonlyMap<string, Variable>): StateDict {
  return new Map([...variables].map(([key, { shape, data }]) => [key, { dtype: 'F32', shape, data }]));
}

/**
 * Copies `source` into the variables of the same key. Everything is checked before the first value is written.
 * @throws StateDictError
 */
export function loadInto(
  variables: ReadonlyMap<string, Variable>,
  source: ReadonlyMap<string, StateTensor>,
  { strict = true }: LoadStateDictOptions = {},
): LoadStateDictResult {
  const missingKeys = [...variables.keys()].filter((key) => !source.has(key));
  const unexpectedKeys = [...source.keys()].filter((key) => !variables.has(key));
  const problems: string[] = [];
  for (const [key, variable] of variables) {
    const tensor = source.get(key);
    if (tensor) problems.push(...misfits(key, variable, tensor));
  }
  if (strict) {
    for (const key of missingKeys) problems.push(`missing "${key}" ${formatShape(variables.get(key)!.shape)}`);
    for (const key of unexpectedKeys) problems.push(`unexpected "${key}" ${formatShape(source.get(key)!.shape)}`);
  }
  if (problems.length > 0) throw new StateDictError(describe(problems));

  for (const [key, variable] of variables) {
    const tensor = source.get(key);
    if (tensor) variable.data.set(tensor.data);
  }
  return { missingKeys, unexpectedKeys };
}

function misfits(key: string, variable: Variable, { shape, data }: StateTensor): string[] {
  if (!sameShape(variable.shape, shape)) {
    return [`"${key}" must have shape ${formatShape(variable.shape)}, got ${formatShape(shape)}`];
  }
  if (data.length !== sizeOf(shape)) {
    return [`"${key}" of shape ${formatShape(shape)} needs ${sizeOf(shape)} values, got ${data.length}`];
  }
  return [];
}

function describe(problems: readonly string[]): string {
  const [first, ...others] = problems;
  if (others.length === 0) return `the state dict does not fit: ${first}`;
  const shown = problems.slice(0, MOST_PROBLEMS_SHOWN).map((problem) => `  ${problem}`);
  const hidden = problems.length - shown.length;
  if (hidden > 0) shown.push(`  ... and ${hidden} more`);
  return [`the state dict does not fit in ${problems.length} places:`, ...shown].join('\n');
}
