/** What else the measurements tell, beside the finding. */
import type { Facts } from './facts.js';
import type { Scenario } from './scenario.js';
import { BALANCED, GAP } from './thresholds.js';
import { factor, named, steps } from './words.js';

/** What the forum tries first: "divide it by 10 000". */
export const FIXED_DIVISOR = 10_000;

export interface Division {
  /** The loss that is divided. */
  readonly loss: string;
  readonly scenario: Scenario;
}

interface Scenarios {
  readonly plainSum: Scenario;
  readonly division: Division | undefined;
  readonly trained: Scenario | undefined;
}

/** @param leftOut steps that were not finite. */
export function notesOf(
  { unreached, lossGap, gradientGap }: Facts,
  leftOut: number,
  { plainSum, division, trained }: Scenarios,
): string[] {
  const isGap = gradientGap !== null && gradientGap.ratio >= GAP;
  // Who has no gap does not think of dividing.
  const isApart = isGap || (lossGap !== null && lossGap.ratio >= GAP);
  const isMended = isGap && trained !== undefined && (trained.ratio ?? GAP) < BALANCED;
  const moves = gradientGap !== null && gradientGap.spread[1] > 10 * gradientGap.spread[0];
  return [
    ...(leftOut > 0 ? [`${steps(leftOut)} left out: a value was NaN or infinite`] : []),
    ...unreached.map(
      (name) => `the loss ${named(name)} has no gradient on the shared parameters: no weight makes it move them`,
    ),
    ...(isMended
      ? [
          `the weights that these steps were trained with mend that: the gradients are then within ${factor(trained.ratio!)} times`,
        ]
      : []),
    ...(isApart && division ? [divisionNote(plainSum, division)] : []),
    ...(moves
      ? [
          'the ratio of the gradients moves by more than a factor of ten within these steps: a constant weight fits only a moment of them',
        ]
      : []),
  ];
}

/** d(L / c) = dL / c for every constant c, wherever c comes from; under no_grad it is L / c itself that becomes a constant. */
function divisionNote({ ratio: before }: Scenario, { loss, scenario: { ratio: after } }: Division): string {
  const measured =
    before === null || after === null
      ? ''
      : `: longest over shortest gradient, ${factor(before)} before, ${factor(after)} after`;
  return (
    `dividing ${named(loss)} by ${FIXED_DIVISOR} divides its gradient by ${FIXED_DIVISOR}, no more and no less${measured}; ` +
    'a divisor that was computed under no_grad or detached is the same constant, so it changes nothing; dividing the loss itself ' +
    'under no_grad cuts it from the graph, and it no longer trains'
  );
}
