import type { BalancedStepResult } from '@counterpoise/training';
import type { DiagnosticName, LossName, PerPpoLoss } from './learn-graph.js';
import { Means } from './means.js';

/** Losses, weights and diagnostics are means over all minibatches of the update; CleanRL logs the last one's. */
export interface UpdateResult {
  /** Raw losses; `entropy` is the entropy negated. */
  readonly losses: PerPpoLoss<number>;
  readonly weights: PerPpoLoss<number>;
  /** Of the weighted total, before it was limited. */
  readonly gradNorm: number;
  /** Of each raw loss at the boundary, where they were measured. */
  readonly gradientNorms?: PerPpoLoss<number>;
  readonly approxKl: number;
  readonly oldApproxKl: number;
  readonly clipFraction: number;
  /** Of the critic in the rollout. */
  readonly explainedVariance: number | null;
  /** Epochs that were run. */
  readonly epochs: number;
}

/** Adds up the steps of an update. */
export class UpdateMeans {
  readonly #losses = new Means<LossName>();
  readonly #weights = new Means<LossName>();
  readonly #gradientNorms = new Means<LossName>();
  readonly #measured = new Means<'gradNorm' | DiagnosticName>();

  add({ losses, weights, gradientNorms, gradNorm, outputs }: BalancedStepResult): void {
    this.#losses.add(losses as PerPpoLoss<number>);
    this.#weights.add(weights as PerPpoLoss<number>);
    if (gradientNorms) this.#gradientNorms.add(gradientNorms as PerPpoLoss<number>);
    const output = (name: DiagnosticName) => outputs[name]![0]!;
    this.#measured.add({
      gradNorm: gradNorm!,
      approxKl: output('approxKl'),
      oldApproxKl: output('oldApproxKl'),
      clipFraction: output('clipFraction'),
    });
  }

  values(): Omit<UpdateResult, 'explainedVariance' | 'epochs'> {
    const gradientNorms = this.#gradientNorms.values();
    return {
      losses: this.#losses.values(),
      weights: this.#weights.values(),
      ...('policy' in gradientNorms && { gradientNorms }),
      ...this.#measured.values(),
    };
  }
}
