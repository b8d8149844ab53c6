/**
 * A critic that learns normalised returns (PopArt), seen from outside in the unit of the rewards. All that the update reads of a
 * rollout is then in units of the returns' standard deviation, so rewards of another size give the same training.
 */
import { PopArt, type PopArtState, type Random, type TargetScale } from '@counterpoise/nn';
import type { Actor } from '../policy/actor.js';
import type { ActorCritic } from '../policy/actor-critic.js';
import type { AdvantageOptions } from '../rollout/gae.js';
import type { Decision, RolloutBuffer } from '../rollout/rollout-buffer.js';

/** Statistics of about the last 1 / (1 - beta) rollouts: a policy that gets better earns other returns. */
const BETA = 0.9;
/**
 * Beyond it the size of the rewards matters again. The lower bound is not nearer to 0, for returns that are all alike differ from
 * their mean by rounding, which must stay small.
 */
const STD_RANGE = [1e-8, 1e8] as const;

export class PopArtCritic {
  readonly #actor: Pick<Actor, 'act' | 'values'>;
  readonly #model: ActorCritic;
  readonly #popArt = new PopArt(1, { beta: BETA, stdRange: STD_RANGE });

  constructor(actor: Pick<Actor, 'act' | 'values'>, model: ActorCritic) {
    this.#actor = actor;
    this.#model = model;
  }

  /** Mean and standard deviation of the returns, in the unit of the rewards. */
  get scale(): TargetScale {
    return this.#popArt.scale;
  }

  async act(observations: Float32Array, random: Random): Promise<Decision> {
    const decision = await this.#actor.act(observations, random);
    return { ...decision, values: this.#inUnitOfRewards(decision.values) };
  }

  async values(observations: Float32Array): Promise<Float32Array> {
    return this.#inUnitOfRewards(await this.#actor.values(observations));
  }

  /**
   * Takes the returns of a rollout into the statistics, and brings its values, returns and advantages to the unit that the network
   * learns in. What the critic says in the unit of the rewards stays the same.
   * @param shown what the environments show after the rollout.
   * @throws RangeError if a return is NaN or infinite; nothing has changed then.
   */
  async learn(rollout: RolloutBuffer, shown: Float32Array, options: AdvantageOptions): Promise<void> {
    if (this.#popArt.isEmpty) await this.#begin(rollout, shown, options);
    const { rows } = rollout;
    const before = this.#record(rows.returns);
    const { weight, bias } = this.#model.critic;
    this.#popArt.rescale(weight.data, bias!.data, before);
    rows.values.set(this.#popArt.normalize(rows.values));
    rows.returns.set(this.#popArt.normalize(rows.returns));
    // A difference of two values: it has no mean to be taken off. Not only its own normalisation may come after this.
    const std = this.#popArt.scale.std[0]!;
    for (let at = 0; at < rows.advantages.length; at++) rows.advantages[at]! /= std;
  }

  save(): PopArtState {
    return this.#popArt.save();
  }

  load(state: PopArtState): void {
    this.#popArt.load(state);
  }

  /** @returns the scale of before. @throws RangeError if a return is NaN or infinite. */
  #record(returns: Float32Array): TargetScale {
    const bad = returns.find((value) => !Number.isFinite(value));
    if (bad === undefined) return this.#popArt.update(returns);
    throw new RangeError(`the returns of a rollout must be finite in float32, got ${bad}: the rewards are too large`);
  }

  /** Before there are statistics the critic says nothing, 0, whatever the unit. */
  #inUnitOfRewards(values: Float32Array): Float32Array {
    return this.#popArt.isEmpty ? new Float32Array(values.length) : this.#popArt.denormalize(values);
  }

  /**
   * The first rollout, in which all values were 0: with lambda 1 its returns are the discounted sums of its rewards. These make the
   * first statistics, in whose unit the critic then says what it would have said.
   */
  async #begin(rollout: RolloutBuffer, shown: Float32Array, options: AdvantageOptions): Promise<void> {
    const { environments, rows } = rollout;
    rollout.computeAdvantages(new Float32Array(environments), { ...options, lambda: 1 });
    this.#record(rows.returns);
    const width = rows.observations.length / rows.values.length;
    for (let at = 0; at < rows.values.length; at += environments) {
      const observations = rows.observations.slice(at * width, (at + environments) * width);
      rows.values.set(await this.values(observations), at);
    }
    rollout.computeAdvantages(await this.values(shown), options);
  }
}
