import type { PerTask } from '../../json.js';
import type { Step } from '../../method.js';
import { forTask, numberOption } from '../../options.js';

export const preferenceOption = numberOption('[0, inf)', {
  default: null,
  perTask: true,
  unit: '1',
  summary: 'importance of each loss in the trade-off; absent: 1 / K',
});

/** Unlike `lowerBound` of the statistics it bounds nothing: losses below it are taken as they are. */
export const idealOption = numberOption('(-inf, inf)', {
  default: 0,
  perTask: true,
  unit: 'loss',
  summary: 'smallest value z the loss can have (ideal point)',
});

/** Preferences of the active tasks; a task that is not named has 1 / K. */
export function preferences({ active, present }: Step, preference: PerTask | null): number[] {
  return active.map(({ task }) => forTask(preference ?? {}, task, 1 / present));
}

/** L - z of the active tasks. */
export function aboveIdeal({ active }: Step, lowerBound: PerTask): number[] {
  return active.map(({ task, loss }) => loss - forTask(lowerBound, task, 0));
}
