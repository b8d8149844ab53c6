/** What a method of whole gradients does in the graph: between the gradients of each loss and the one for the optimiser. */
import type { Feeds, Tensor, Update, Variable } from '@counterpoise/engine';
import type { Measurements, Need } from 'counterpoise';
import type { HeadWeighting, Site } from '../gradients/boundary.js';
import type { GradientMeasures, Measuring } from '../gradients/measures.js';
import type { StageState } from './stage-state.js';

/** Where a stage works: one compiled step. */
export interface StageSite extends Site {
  readonly nameOf: (parameter: Variable) => string;
  /** [loss][parameter]: of the mean loss over the batches; undefined where a loss does not reach a parameter. */
  readonly gradients: readonly (readonly (Tensor | undefined)[])[];
  /** Scalars that hold the weight of each raw loss. */
  readonly weights: readonly Tensor[];
  readonly heads: HeadWeighting;
}

/** What is known of a step before its losses are weighed; lists have one entry per loss of the site. */
export interface StepFacts {
  /** Number of the optimiser step, from 1. */
  readonly step: number;
  /** `false`: the loss has no sample in this step. */
  readonly present: readonly boolean[];
  readonly losses: readonly number[];
  /** Of the raw gradients over all shared parameters. */
  readonly measures: GradientMeasures;
}

export interface StagePlan {
  /** What is measured of the gradients before the method weighs, with the inputs of `prepare`. */
  readonly measuring?: Measuring;
  /** One gradient per parameter of the site. */
  readonly combined: readonly (Tensor | undefined)[];
  /** New values of the state: written when the gradients are combined, after all that can fail. */
  readonly updates?: readonly Update[];
  prepare?(facts: StepFacts): Feeds;
  /** What the method is shown beside the losses, or in the place of raw measures. */
  show?(measures: GradientMeasures, facts: StepFacts): Partial<Measurements>;
  /** Inputs of `combined` and `updates`. */
  settle?(facts: StepFacts): Feeds;
}

export interface GradientStage {
  /** That of the method. */
  readonly name: string;
  /** What it must see of the raw gradients, beside their norms. */
  readonly needs: readonly Need[];
  /** What it remembers, shared by all steps that are compiled with it. */
  readonly state: StageState;
  /** The place of the one loss whose gradient the step computes; absent: of all. */
  turn?(step: number, present: readonly boolean[]): number;
  /** @throws RangeError if the method cannot work on these losses. */
  plan(site: StageSite): StagePlan;
}

/** Places of the parameters that at least two losses reach. */
export function sharedPlaces({ parameters, sharing }: Site): number[] {
  return [...parameters.keys()].filter((at) => sharing.lossesOf(parameters[at]!).length > 1);
}
