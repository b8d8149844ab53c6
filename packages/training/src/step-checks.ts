/** What a balanced step cannot be made of. */
import { formatShape, type Tensor } from '@counterpoise/engine';
import type { Need } from 'counterpoise';
import type { GradientStage } from './full-gradient/stage.js';

export function checkLosses(losses: Readonly<Record<string, Tensor>>): void {
  const each = Object.entries(losses);
  if (each.length === 0) throw new RangeError('"losses" must hold at least one loss, got none');
  for (const [name, { shape }] of each) {
    if (shape.length > 0)
      throw new RangeError(`loss "${name}" must be a scalar of shape [], got ${formatShape(shape)}`);
  }
}

export function checkAccumulate(accumulate: number, needs: ReadonlySet<Need>): void {
  if (!Number.isSafeInteger(accumulate) || accumulate < 1) {
    throw new RangeError(`"accumulate" must be a whole number of 1 or more, got ${accumulate}`);
  }
  if (accumulate > 1 && needs.has('crossGramian')) {
    throw new RangeError(`"accumulate" must be 1 with a method that compares batches, got ${accumulate}`);
  }
}

export function checkStage(stage: GradientStage | undefined, measureGradients: boolean): void {
  if (stage?.turn && measureGradients) {
    throw new RangeError(`"measureGradients" does not go with ${stage.name}, which computes one gradient per step`);
  }
}
