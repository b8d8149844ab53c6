/** Looking for NaN and infinities before they spread. */
import type { HostTensor } from '@counterpoise/nn';

/** The training has become useless: a loss is NaN, the weights overflow. In a comparison that is a result. */
export class DivergedError extends Error {
  override readonly name: string = 'DivergedError';
}

/** A loss became NaN or infinite: the step was left before any parameter, statistic or weight of it changed. */
export class NonFiniteLossError extends DivergedError {
  override readonly name = 'NonFiniteLossError';
  readonly step: number;
  /** The losses concerned, with their values. */
  readonly losses: Readonly<Record<string, number>>;

  constructor(step: number, losses: Readonly<Record<string, number>>) {
    const list = Object.entries(losses).map(([name, loss]) => `loss "${name}" is ${loss}`);
    super(`${list.join(', ')} at step ${step}: nothing was changed by this step; a lower learning rate may help`);
    this.step = step;
    this.losses = losses;
  }
}

/** @throws NonFiniteLossError that names every loss of the step that is no finite number. */
export function requireFiniteLosses(step: number, losses: Readonly<Record<string, number>>): void {
  const bad = Object.entries(losses).filter(([, loss]) => !Number.isFinite(loss));
  if (bad.length > 0) throw new NonFiniteLossError(step, Object.fromEntries(bad));
}

/** The gradient of a loss became NaN or infinite: nothing of the step was done. */
export class NonFiniteGradientError extends DivergedError {
  override readonly name = 'NonFiniteGradientError';
  readonly step: number;

  constructor(step: number, losses: readonly string[]) {
    const list = losses.map((loss) => `the gradient of loss "${loss}" is not finite`);
    super(`${list.join(', ')} at step ${step}: nothing was changed by this step; a lower learning rate may help`);
    this.step = step;
  }
}

/** @throws NonFiniteGradientError that names every loss with a measured gradient that is not finite. */
export function requireFiniteGradients(
  step: number,
  losses: readonly string[],
  gramian: readonly (readonly number[])[],
): void {
  const bad = losses.filter((_, k) => !Number.isFinite(gramian[k]![k]!));
  if (bad.length > 0) throw new NonFiniteGradientError(step, bad);
}

/** The first tensor that holds a NaN or an infinity, by key; undefined if all are finite. */
export function firstNonFinite(tensors: ReadonlyMap<string, HostTensor>): string | undefined {
  for (const [key, { dtype, data }] of tensors) {
    if ((dtype === 'F32' || dtype === 'F64') && !isFiniteArray(data)) return key;
  }
  return undefined;
}

function isFiniteArray(data: Float32Array | Float64Array): boolean {
  // x - x is 0 for finite x and NaN otherwise, and NaN survives the sum: no branch per element.
  let sum = 0;
  for (let at = 0; at < data.length; at++) sum += data[at]! - data[at]!;
  return sum === 0;
}
