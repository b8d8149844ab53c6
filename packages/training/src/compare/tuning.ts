/** The learning rate of a method: the best of those tried, on the tuning seed. */
import { isFinished, type RunOutcome, type RunRequest, type RunResult } from './job.js';

export interface Tuning {
  /** The best run; absent if all diverged. */
  readonly chosen?: { readonly request: RunRequest; readonly score: number } | undefined;
  /** Runs that the choice took, those of a search included. */
  readonly runs: number;
  /** Of training in them: steps times seconds per step. */
  readonly seconds: number;
}

export interface Trial {
  readonly request: RunRequest;
  readonly outcome: RunOutcome;
}

/** Of metrics; lower is better. */
export type Score = (metrics: Readonly<Record<string, number>>) => number;

/** Of equal scores the first wins. */
export function choose(trials: readonly Trial[], scoreOf: Score): Tuning {
  let chosen: Tuning['chosen'];
  let seconds = 0;
  for (const { request, outcome } of trials) {
    if (!isFinished(outcome)) continue;
    seconds += outcome.steps * outcome.secondsPerStep;
    const score = scoreOf(outcome.metrics);
    if (!chosen || score < chosen.score) chosen = { request, score };
  }
  return { chosen, runs: trials.length, seconds };
}

/** Of the run that was chosen. */
export function outcomeOf(trials: readonly Trial[], { chosen }: Tuning): RunResult | undefined {
  const outcome = trials.find(({ request }) => request === chosen?.request)?.outcome;
  return isFinished(outcome) ? outcome : undefined;
}

/**
 * Change against the baseline in percent, positive for worse: 100 (-1)^[higher is better] (M - B) / |B|. A baseline of 0, of which
 * nothing is a percentage, does not divide.
 */
export function changeFrom(baseline: number, value: number, higherIsBetter: boolean): number {
  return ((100 * (value - baseline)) / (Math.abs(baseline) || 1)) * (higherIsBetter ? -1 : 1);
}
