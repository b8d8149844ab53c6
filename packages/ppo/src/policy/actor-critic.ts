import { reshape, type Tensor } from '@counterpoise/engine';
import { init, Linear, Module, Parameter, Sequential, Tanh } from '@counterpoise/nn';
import type { ActionSpace, Box } from '../spaces.js';

/** Whether policy and critic read the same hidden layers, or each has its own (CleanRL's and Stable-Baselines3's default). */
export type Trunk = 'shared' | 'separate';

export interface ActorCriticOptions {
  /** Default `separate`. */
  readonly trunk?: Trunk;
  /** Sizes of the hidden layers of a trunk, at least one. Default [64, 64]. */
  readonly hidden?: readonly number[];
}

/** What a policy network says about observations [N, components]. */
export interface PolicyAndValues {
  /** [N, n] logits for Discrete, [N, components] means for Box. */
  readonly policy: Tensor;
  /** [N] */
  readonly values: Tensor;
}

/**
 * Policy and critic: hidden layers with tanh, and a linear head each; for continuous actions the logarithm of the standard
 * deviation is a parameter that does not depend on the state, 0 at first.
 *
 * Weights begin orthogonal, times sqrt(2) in hidden layers, 0.01 in the head of the policy (nearly all choices equally likely) and
 * 1 in that of the critic; biases at 0 (CleanRL's ppo.py and ppo_continuous_action.py).
 */
export class ActorCritic extends Module {
  /** Of the policy, and of the critic too where it is shared. */
  readonly trunk: Sequential;
  readonly criticTrunk: Sequential | undefined;
  readonly actor: Linear;
  readonly critic: Linear;
  /** [components], only for Box. */
  readonly logStd: Parameter | undefined;

  /** @throws RangeError if a trunk has no hidden layer or one is not an integer of at least 1. */
  constructor(
    readonly observationSpace: Box,
    readonly actionSpace: ActionSpace,
    { trunk = 'separate', hidden = [64, 64] }: ActorCriticOptions = {},
  ) {
    super();
    if (hidden.length === 0) throw new RangeError('"hidden" must hold the size of at least one layer, got []');
    if (trunk !== 'shared' && trunk !== 'separate') {
      throw new RangeError(`"trunk" must be shared or separate, got ${trunk}`);
    }
    const features = hidden.at(-1)!;
    const outputs = actionSpace.kind === 'discrete' ? actionSpace.n : actionSpace.size;
    this.trunk = layers(observationSpace.size, hidden);
    this.criticTrunk = trunk === 'shared' ? undefined : layers(observationSpace.size, hidden);
    this.actor = orthogonalLinear(features, outputs, 0.01);
    this.critic = orthogonalLinear(features, 1, 1);
    this.logStd = actionSpace.kind === 'box' ? new Parameter('logStd', [actionSpace.size], init.zeros()) : undefined;
  }

  /** @param observations [N, components] */
  forward(observations: Tensor): PolicyAndValues {
    const features = this.trunk.forward(observations);
    const values = this.critic.forward(this.criticTrunk?.forward(observations) ?? features);
    return { policy: this.actor.forward(features), values: reshape(values, [values.size]) };
  }
}

function layers(inputs: number, hidden: readonly number[]): Sequential {
  const sizes = [inputs, ...hidden];
  return new Sequential(...hidden.flatMap((size, at) => [orthogonalLinear(sizes[at]!, size, Math.SQRT2), new Tanh()]));
}

function orthogonalLinear(inputs: number, outputs: number, gain: number): Linear {
  const layer = new Linear(inputs, outputs);
  layer.weight.initialiser = init.orthogonal(gain);
  layer.bias!.initialiser = init.zeros();
  return layer;
}
