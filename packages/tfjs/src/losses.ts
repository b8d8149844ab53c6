/** The losses of one step: what they must be, and their values. */
import { stack, Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { CounterpoiseError } from 'counterpoise';

/** Scalars by loss name. One that is left out, or `undefined`, is absent from the step. */
export type Losses = Readonly<Record<string, Tensor | undefined>>;

export interface NamedLosses {
  readonly names: readonly string[];
  /** Of shape [], in the order of `names`. */
  readonly tensors: readonly Tensor[];
}

/** Those that are there. @throws CounterpoiseError if there is none, or one is no float32 scalar that is still alive. */
export function presentLosses(losses: Losses): NamedLosses {
  if (typeof losses !== 'object' || losses === null || isNoRecord(losses)) {
    throw new CounterpoiseError('evidence', `the losses must be an object of scalars by name, got ${kindOf(losses)}`);
  }
  const present = Object.entries(losses).filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
  if (present.length === 0) throw new CounterpoiseError('evidence', 'the losses must hold at least one loss, got none');
  for (const [name, loss] of present) checkLoss(name, loss);
  return { names: present.map(([name]) => name), tensors: present.map(([, loss]) => loss) };
}

function checkLoss(name: string, loss: Tensor): void {
  if (!(loss instanceof Tensor)) {
    throw new CounterpoiseError('evidence', `loss "${name}" must be a scalar tensor, got ${kindOf(loss)}`);
  }
  if (loss.isDisposed) {
    throw new CounterpoiseError('evidence', `loss "${name}" is a disposed tensor: return it before it is disposed`);
  }
  if (loss.rank !== 0) {
    throw new CounterpoiseError(
      'evidence',
      `loss "${name}" must be a scalar of shape [], got [${loss.shape}]: take its mean or sum`,
    );
  }
  if (loss.dtype !== 'float32') {
    throw new CounterpoiseError('evidence', `loss "${name}" must be float32, got ${loss.dtype}`);
  }
}

function isNoRecord(losses: object): boolean {
  return losses instanceof Tensor || losses instanceof Promise || Array.isArray(losses);
}

function kindOf(value: unknown): string {
  if (value instanceof Tensor) return `a tensor of shape [${value.shape}]`;
  if (value instanceof Promise) return 'a promise: the function of the losses must not be async';
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

/** All losses as one tensor [K]: one download instead of K. */
export function stacked({ tensors }: NamedLosses): Tensor1D {
  return stack([...tensors]) as Tensor1D;
}

/** @throws CounterpoiseError that names every loss that is NaN or infinite. */
export function finiteValues({ names }: NamedLosses, values: ArrayLike<number>): Record<string, number> {
  const bad = names.flatMap((name, k) => (Number.isFinite(values[k]) ? [] : [`loss "${name}" is ${values[k]}`]));
  if (bad.length > 0) {
    throw new CounterpoiseError(
      'evidence',
      `${bad.join(', ')}: the step was not taken; a lower learning rate may help`,
    );
  }
  return Object.fromEntries(names.map((name, k) => [name, values[k]!]));
}
