/**
 * Methods that balance tracked gradients in the place of raw ones: y_k <- (1 - b) y_k + b s_k g_k, where s_k gives the raw
 * gradient the size that the method wants. The weights w_k are told for raw losses, so y_k is weighed with w_k / s_k.
 */
import type { Measurements } from 'counterpoise';
import { type GradientMeasures, type Measure, measuring, rowsOf } from '../gradients/measures.js';
import { combinedGradients } from '../gradients/weighted.js';
import { movingAverages, scaledAverages } from './moving-average.js';
import { type GradientStage, type StepFacts, sharedPlaces } from './stage.js';
import { StageState } from './stage-state.js';

export interface TrackingRule {
  readonly name: string;
  /** Name of a tracked gradient in a state dict. */
  readonly stateName: string;
  readonly measure: Measure;
  /** b of a step, from 1. Range (0, 1]. */
  rate(step: number): number;
  /** s of a loss. Range (0, inf). */
  scale(loss: number, gradientNorm: number): number;
  show(measures: GradientMeasures, names: readonly string[]): Partial<Measurements>;
}

export function trackingStage({ name, stateName, measure, rate, scale, show }: TrackingRule): GradientStage {
  const state = new StageState();
  const scales = ({ losses, measures }: StepFacts) =>
    losses.map((loss, k) => scale(loss, Math.sqrt(measures.gramian[k]![k]!)));
  return {
    name,
    needs: [],
    state,
    plan(site) {
      const places = sharedPlaces(site);
      const tracked = movingAverages(site, state, stateName, places);
      const { scaled, feeds } = scaledAverages(site, tracked.values, places);
      return {
        measuring: measuring(rowsOf(tracked.values, places), site.names.length, new Set([measure])),
        combined: combinedGradients(site, scaled, site.weights, site.heads),
        updates: tracked.updates,
        prepare(facts) {
          const b = rate(facts.step);
          return tracked.feeds(
            scales(facts).map((s, k) => (facts.present[k] ? { keep: 1 - b, gain: b * s } : { keep: 1, gain: 0 })),
          );
        },
        show: (measures) => show(measures, site.names),
        settle: (facts) => feeds(scales(facts).map((s) => 1 / s)),
      };
    },
  };
}
