/**
 * The update of PPO (Schulman et al. 2017, algorithm 1) with the details of CleanRL's ppo.py: epochs over minibatches of one rollout
 * through the balanced step, whose losses are policy, value and entropy.
 */
import { Adam, type Random, type StateDict, type StateTensor } from '@counterpoise/nn';
import {
  type BalancedStep,
  type BalancedStepResult,
  compileBalancedStep,
  gradientNeeds,
  type Json,
} from '@counterpoise/training';
import type { Balancer, Need } from 'counterpoise';
import { breathe } from '../breathe.js';
import { positive } from '../options.js';
import type { ActorCritic } from '../policy/actor-critic.js';
import type { Minibatch, RolloutBuffer } from '../rollout/rollout-buffer.js';
import { explainedVariance } from './explained-variance.js';
import { type LearnGraph, learnGraph } from './learn-graph.js';
import { resolveUpdate, type UpdateOptions, type UpdateSettings } from './update-options.js';
import { UpdateMeans, type UpdateResult } from './update-result.js';

export interface UpdateRates {
  /** At least 0. */
  readonly learningRate: number;
  /** How far the ratio of probabilities may go from 1, above 0; CleanRL's is 0.2. */
  readonly clipRange: number;
}

/** 1, falling by equal amounts to 1 / n: the factor on the learning rate of update `done` + 1 of n, as CleanRL. */
export function linearAnnealing(done: number, updates: number): number {
  return 1 - done / updates;
}

/**
 * Compiles the update of a model. Adam with eps 1e-5 is part of it.
 * @throws RangeError naming the option that is wrong, or what `compileBalancedStep` throws.
 */
export async function compilePpoUpdate<N extends Need>(
  model: ActorCritic,
  balancer: Balancer<N>,
  options: UpdateOptions,
): Promise<PpoUpdate> {
  const settings = resolveUpdate(options);
  checkTrunk(model, balancer.method.needs, settings.step.measureGradients ?? false);
  const graph = learnGraph(model, settings.minibatch, settings.clipsValues);
  const optimizer = new Adam(model.namedParameters(), { eps: 1e-5 });
  const { losses, outputs } = graph;
  const step = await compileBalancedStep(
    { losses: { ...losses }, outputs, optimizer, maxGradNorm: settings.maxGradNorm },
    balancer,
    { ...settings.step, blocking: true },
  );
  return new PpoUpdate({ graph, step, optimizer, balancer: balancer as unknown as Balancer<Need>, settings });
}

/** The gradient of the value loss would be measured as 0: what losses do not share is not compared. */
function checkTrunk({ criticTrunk }: ActorCritic, needs: readonly Need[], measureGradients: boolean): void {
  if (!criticTrunk || !(measureGradients || gradientNeeds(needs).length > 0)) return;
  const asking = measureGradients ? '"measureGradients"' : 'a method of gradients';
  throw new RangeError(
    `"trunk" must be shared with ${asking}: separate networks of policy and critic share no parameter`,
  );
}

interface Compiled {
  readonly graph: LearnGraph;
  readonly step: BalancedStep;
  readonly optimizer: Adam;
  readonly balancer: Balancer<Need>;
  readonly settings: UpdateSettings;
}

export class PpoUpdate {
  readonly #compiled: Compiled;
  #steps = 0;
  /** Passes over rollouts: what methods of epochs count by. */
  #epochs = 0;

  /** @internal Use `compilePpoUpdate`. */
  constructor(compiled: Compiled) {
    this.#compiled = compiled;
  }

  /**
   * Learns from a rollout whose advantages have been computed.
   * @param random draws the order of the rows.
   * @throws NonFiniteLossError for losses that are NaN or infinite: that step has changed nothing, those before it have.
   */
  async run(rollout: RolloutBuffer, random: Random, { learningRate, clipRange }: UpdateRates): Promise<UpdateResult> {
    positive('clipRange', clipRange);
    const { minibatch, epochs, normalizesAdvantages: normalize, targetKl } = this.#compiled.settings;
    const means = new UpdateMeans();
    let done = 0;
    let lastKl = 0;
    while (done < epochs && !(targetKl !== null && lastKl > targetKl)) {
      for (const rows of rollout.minibatches(minibatch, random, { normalize })) {
        const result = await this.#step(rows, { learningRate, clipRange });
        lastKl = result.outputs.approxKl![0]!;
        means.add(result);
        await breathe();
      }
      done++;
      this.#epochs++;
    }
    const { values, returns } = rollout.rows;
    return { ...means.values(), explainedVariance: explainedVariance(values, returns), epochs: done };
  }

  async #step(rows: Minibatch, { learningRate, clipRange }: UpdateRates): Promise<BalancedStepResult> {
    const { step, graph } = this.#compiled;
    const counts = { step: this.#steps + 1, epoch: this.#epochs };
    const result = await step.run(graph.feeds(rows, clipRange), { ...counts, learningRate });
    this.#steps++;
    return result;
  }

  /** Adam's means of gradients and their squares by key, for a checkpoint: live values. Load them with `loadOptimizerState`. */
  get optimizerState(): StateDict {
    return this.#compiled.optimizer.stateDict();
  }

  /** @throws StateDictError; nothing has changed then. */
  loadOptimizerState(state: ReadonlyMap<string, StateTensor>): void {
    this.#compiled.optimizer.loadStateDict(state);
  }

  /** The numbers of steps and epochs and the state of the balancer, as JSON. */
  save(): Json {
    return { steps: this.#steps, epochs: this.#epochs, balancer: this.#compiled.balancer.state() as unknown as Json };
  }

  /** Goes on from `save`. @throws TypeError or CounterpoiseError if the state is another's; nothing has changed then. */
  load(state: Json): void {
    const { steps, epochs, balancer } = (state ?? {}) as { readonly [key: string]: Json };
    for (const [name, value] of Object.entries({ steps, epochs })) {
      if (Number.isSafeInteger(value) && (value as number) >= 0) continue;
      throw new TypeError(`"${name}" of the state of an update must be an integer >= 0, got ${JSON.stringify(value)}`);
    }
    this.#compiled.balancer.load(balancer);
    this.#steps = steps as number;
    this.#epochs = epochs as number;
  }

  /** Frees the native memory. The model keeps its values. */
  release(): void {
    this.#compiled.step.release();
  }
}
