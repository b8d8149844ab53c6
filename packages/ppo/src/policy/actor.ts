import { compile, Input, type Program } from '@counterpoise/engine';
import type { Random } from '@counterpoise/nn';
import { Categorical } from '../distributions/categorical.js';
import { DiagonalGaussian } from '../distributions/diagonal-gaussian.js';
import type { Decision } from '../rollout/rollout-buffer.js';
import type { ActorCritic } from './actor-critic.js';

/**
 * Compiles the forward pass of a model for `rows` observations at a time. It always reads the present parameters.
 * @param rows as many as there are environments, at least 1.
 */
export async function compileActor(model: ActorCritic, rows: number): Promise<Actor> {
  const { policy, values } = model.forward(new Input('observations', [rows, model.observationSpace.size]));
  const program = await compile([{ name: 'act', outputs: { policy, values } }], { threads: 1, blocking: true });
  return new Actor(model, program);
}

/** The policy and the critic at work: graph for the network, host for chance. */
export class Actor {
  readonly #model: ActorCritic;
  readonly #program: Program;

  /** @internal Use `compileActor`. */
  constructor(model: ActorCritic, program: Program) {
    this.#model = model;
    this.#program = program;
  }

  /**
   * Draws an action for each observation.
   * @param observations [rows, components]; the decision keeps this very array.
   * @throws RangeError if the network's answer is not finite.
   */
  async act(observations: Float32Array, random: Random): Promise<Decision> {
    const { policy, values } = await this.#run(observations);
    if (this.#model.logStd) {
      const distribution = new DiagonalGaussian(policy, this.#model.logStd.data);
      const actions = distribution.sample(random);
      return { observations, actions, logProbabilities: distribution.logProb(actions), values };
    }
    const distribution = new Categorical(policy, this.#model.actor.weight.shape[0]!);
    const actions = distribution.sample(random);
    return { observations, actions, logProbabilities: distribution.logProb(actions), values };
  }

  /** The likeliest action for each observation, for evaluation: [rows] choices, or [rows, components]. */
  async best(observations: Float32Array): Promise<Int32Array | Float32Array> {
    const { policy } = await this.#run(observations);
    if (this.#model.logStd) return policy;
    return new Categorical(policy, this.#model.actor.weight.shape[0]!).mode();
  }

  /** [rows]: what the critic expects from each observation on. */
  async values(observations: Float32Array): Promise<Float32Array> {
    return (await this.#run(observations)).values;
  }

  /** Frees the native memory. */
  release(): void {
    this.#program.release();
  }

  async #run(observations: Float32Array): Promise<{ policy: Float32Array; values: Float32Array }> {
    const { policy, values } = await this.#program.run('act', { observations });
    return { policy: policy!.slice(), values: values!.slice() };
  }
}
