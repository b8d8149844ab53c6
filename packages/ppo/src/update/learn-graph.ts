/** The graph of one minibatch: from the rows of a rollout to the three losses of PPO. */
import { Input, sub, type Tensor } from '@counterpoise/engine';
import { type Diagnostics, diagnostics } from '../losses/diagnostics.js';
import { categoricalEntropyLoss, gaussianEntropyLoss } from '../losses/entropy-loss.js';
import { policyLoss } from '../losses/policy-loss.js';
import { clippedValueLoss, valueLoss } from '../losses/value-loss.js';
import type { ActorCritic } from '../policy/actor-critic.js';
import { categoricalLogProb, gaussianLogProb } from '../policy/log-prob.js';
import type { Minibatch } from '../rollout/rollout-buffer.js';

/** The losses of PPO, in this order everywhere. `entropy` is the entropy negated, so that all three are minimised. */
export const LOSS_NAMES = ['policy', 'value', 'entropy'] as const;
export type LossName = (typeof LOSS_NAMES)[number];
export type PerPpoLoss<T> = Readonly<Record<LossName, T>>;

export type DiagnosticName = keyof Diagnostics;

export interface LearnGraph {
  readonly losses: PerPpoLoss<Tensor>;
  readonly outputs: Readonly<Record<DiagnosticName, Tensor>>;
  /** The values of the graph's inputs. */
  feeds(minibatch: Minibatch, clipRange: number): Record<string, number | Float32Array | Int32Array>;
}

/** @param rows of a minibatch. @param clipsValues whether the critic's step is limited by the clip range too. */
export function learnGraph(model: ActorCritic, rows: number, clipsValues: boolean): LearnGraph {
  const { observationSpace, actionSpace, logStd } = model;
  const isDiscrete = actionSpace.kind === 'discrete';
  const perRow = (name: string) => new Input(name, [rows]);
  const actions = isDiscrete ? new Input('actions', [rows], 'int32') : new Input('actions', [rows, actionSpace.size]);
  const returns = perRow('returns');
  const clipRange = new Input('clipRange', []);

  const { policy, values } = model.forward(new Input('observations', [rows, observationSpace.size]));
  const logProb = logStd ? gaussianLogProb(policy, logStd, actions) : categoricalLogProb(policy, actions);
  const logRatio = sub(logProb, perRow('logProbabilities'));
  return {
    losses: {
      policy: policyLoss(logRatio, perRow('advantages'), clipRange),
      value: clipsValues ? clippedValueLoss(values, perRow('values'), returns, clipRange) : valueLoss(values, returns),
      entropy: logStd ? gaussianEntropyLoss(logStd) : categoricalEntropyLoss(policy),
    },
    outputs: { ...diagnostics(logRatio, clipRange) },
    // An input that no loss reads would be unknown to the compiled step.
    feeds: ({ values: oldValues, ...others }, range) => ({
      ...others,
      ...(clipsValues && { values: oldValues }),
      clipRange: range,
    }),
  };
}
