/** What a plan is asked for, and what its parts answer. */
import type { Phase, Tensor, Update } from '@counterpoise/engine';
import type { Optimizer } from '@counterpoise/nn';
import type { Need } from 'counterpoise';
import type { GradientStage, StagePlan } from '../full-gradient/stage.js';
import type { Boundary, HeadWeighting } from './boundary.js';
import type { Measuring } from './measures.js';

export interface PlanSettings {
  readonly optimizer: Optimizer;
  /** `model.takeUpdates()` */
  readonly statistics: readonly Update[];
  readonly forward: Readonly<Record<string, Tensor>>;
  readonly maxGradNorm: number | undefined;
  readonly boundary: Boundary;
  readonly heads: HeadWeighting;
  /** Of the raw gradients. */
  readonly needs: ReadonlySet<Need>;
  readonly accumulate: number;
  /** Works on the gradients of the losses before they are combined. */
  readonly stage: GradientStage | undefined;
}

/**
 * How a step comes from losses to the gradient of the weighted total:
 * - `plain`: forward, backward.
 * - `boundary`: forward, measure, backward (or, through the representation, the rest of it: combine).
 * - `parameters`: forward, measure the gradients of each loss and keep them, combine them. With a stage of whole gradients, which
 *   may measure what it makes of them, and may take one loss per step in turn.
 * - `cross`: on a first batch forward and keep, on a second forward and measure against them, on a third forward, backward.
 */
export type Route = 'plain' | 'boundary' | 'parameters' | 'cross';

/** Phases that bring the gradients of losses to the host, by name. */
export interface Measured {
  /** Where gradients are kept or added up before they are measured. */
  readonly keep: string | undefined;
  readonly measure: string;
  readonly measuring: Measuring;
}

export interface MeasuredPhases {
  readonly phases: readonly Phase[];
  readonly measured: readonly Measured[];
  readonly staged?: StagePlan;
}
