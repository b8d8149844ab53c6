/** Training by PPO: rollout, update, again. */
import { initialise, type PopArtState, Random, type RandomState } from '@counterpoise/nn';
import { type Json, loadCheckpoint, type MetricsRecord, saveCheckpoint } from '@counterpoise/training';
import { Balancer, type Method, type Need } from 'counterpoise';
import { type Actor, compileActor } from '../policy/actor.js';
import { ActorCritic } from '../policy/actor-critic.js';
import { collectRollout } from '../rollout/collect.js';
import { RolloutBuffer } from '../rollout/rollout-buffer.js';
import { fixedCoefficients } from '../update/balancing.js';
import { LOSS_NAMES } from '../update/learn-graph.js';
import { compilePpoUpdate, linearAnnealing, type PpoUpdate } from '../update/update.js';
import { type EndedEpisode, VectorEnvironment } from '../vector/vector-environment.js';
import { loadTensors, trainerTensors } from './checkpoint-tensors.js';
import { trainMetrics } from './metrics.js';
import { PopArtCritic } from './pop-art-critic.js';
import { resolveSettings, type Settings, type TrainOptions } from './settings.js';

export interface Iteration {
  /** See `trainMetrics`. */
  readonly metrics: MetricsRecord;
  /** That ended in the rollout. */
  readonly episodes: readonly EndedEpisode[];
}

/** @throws RangeError or EnvironmentError naming what is wrong. */
export async function createPpoTrainer(options: TrainOptions): Promise<PpoTrainer> {
  const settings = resolveSettings(options);
  const { environments, steps } = settings;
  const { seed, transforms = [] } = options;
  const environment = new VectorEnvironment(options.environment, { environments, seed, transforms });
  const { observationSpace, actionSpace } = environment;
  const model = initialise(new ActorCritic(observationSpace, actionSpace, options), new Random(seed, 'parameters'));
  const method = options.method ?? (fixedCoefficients() as Method<Json, Need>);
  const balancer = new Balancer(method, { tasks: LOSS_NAMES, priorities: options.priorities ?? {} });
  const rollout = new RolloutBuffer(environment, steps);
  const update = await compilePpoUpdate(model, balancer, { ...options, minibatch: settings.update.minibatch });
  let actor: Actor | undefined;
  try {
    actor = await compileActor(model, environments);
    const normalized = settings.valueNormalization === 'pop-art' ? new PopArtCritic(actor, model) : undefined;
    return new PpoTrainer({ settings, seed, environment, model, rollout, update, actor, normalized });
  } catch (error) {
    actor?.release();
    update.release();
    throw error;
  }
}

interface Parts {
  readonly settings: Settings;
  readonly seed: number | string;
  readonly environment: VectorEnvironment;
  readonly model: ActorCritic;
  readonly rollout: RolloutBuffer;
  readonly update: PpoUpdate;
  readonly actor: Actor;
  /** The critic in the unit of the rewards, where it learns normalised returns. */
  readonly normalized: PopArtCritic | undefined;
}

export class PpoTrainer {
  readonly #parts: Parts;
  #actions: Random;
  #observations: Float32Array;
  #done = 0;
  /** An iteration is running, or has failed: there is nothing whole to save or to go on from. */
  #midway = false;

  /** @internal Use `createPpoTrainer`. */
  constructor(parts: Parts) {
    this.#parts = parts;
    this.#actions = new Random(parts.seed, 'actions');
    this.#observations = parts.environment.reset();
    // What cannot be saved is known before anything is trained.
    parts.environment.save();
  }

  get model(): ActorCritic {
    return this.#parts.model;
  }

  /** Rollouts with their updates: how many the training has, and how many of them are done. */
  get updates(): { readonly total: number; readonly done: number } {
    return { total: this.#parts.settings.updates, done: this.#done };
  }

  /**
   * One rollout and its update.
   * @throws RangeError after the last one; EnvironmentError or NonFiniteLossError for what went wrong: `load` a checkpoint then.
   */
  async iterate(): Promise<Iteration> {
    const { settings, seed, environment, rollout, update, actor, normalized } = this.#parts;
    if (this.#done === settings.updates) {
      throw new RangeError(`the training is over: all of its ${settings.updates} updates are done`);
    }
    this.#requireWhole();
    this.#midway = true;
    const collected = await collectRollout(
      environment,
      this.#observations,
      normalized ?? actor,
      rollout,
      this.#actions,
      settings,
    );
    this.#observations = collected.observations;
    await normalized?.learn(rollout, collected.observations, settings);
    const factor = linearAnnealing(this.#done, settings.updates);
    const learningRate = settings.learningRate * (settings.annealsLearningRate ? factor : 1);
    const clipRange = settings.clipRange * (settings.annealsClipRange ? factor : 1);
    const order = new Random(seed, 'minibatches', this.#done);
    const result = await update.run(rollout, order, { learningRate, clipRange });
    this.#done++;
    this.#midway = false;
    const { episodes } = collected;
    const steps = this.#done * rollout.size;
    return { metrics: trainMetrics(steps, learningRate, episodes, result, normalized?.scale), episodes };
  }

  /**
   * Writes everything that the training needs to go on, between two iterations.
   * @param notes kept beside it, as `state.notes` of `loadCheckpoint`.
   * @throws Error after an iteration that failed, so that what is half done does not replace a good checkpoint.
   */
  async save(path: string, notes: Json = null): Promise<void> {
    this.#requireWhole();
    const { model, update } = this.#parts;
    await saveCheckpoint(path, { tensors: trainerTensors(model, update), state: { ...this.#state(), notes } });
  }

  /**
   * Goes on from `save`: bit for bit if the environments can be saved, else with new episodes.
   * @throws Error naming the file, and the setting that is another one. What is loaded only in part must not be used.
   */
  async load(path: string): Promise<void> {
    const { environment, model, update, normalized } = this.#parts;
    const { tensors, state } = await loadCheckpoint(path);
    const now = this.#state();
    for (const field of IDENTITY) {
      const [wanted, got] = [now[field], state[field]].map((value) => JSON.stringify(value));
      if (wanted !== got) {
        throw new Error(`checkpoint "${path}" is of another training: its "${field}" is ${got}, this one's ${wanted}`);
      }
    }
    const { done } = state;
    if (!Number.isSafeInteger(done) || (done as number) < 0 || (done as number) > this.updates.total) {
      throw new Error(`checkpoint "${path}": "done" must be an integer in [0, ${this.updates.total}], got ${done}`);
    }
    loadTensors(model, update, tensors);
    update.load(state.update!);
    normalized?.load(state.returns as unknown as PopArtState);
    this.#actions = Random.from(state.actions as unknown as RandomState);
    this.#observations = environment.load(state.environments!);
    this.#done = done as number;
    this.#midway = false;
  }

  #requireWhole(): void {
    if (this.#midway) throw new Error('an iteration is running or has failed: await it, or load() the last checkpoint');
  }

  /** Frees the native memory. The model keeps its values. */
  release(): void {
    this.#parts.actor.release();
    this.#parts.update.release();
  }

  #state(): { readonly [field: string]: Json } {
    const { settings, seed, environment, update, normalized } = this.#parts;
    return {
      environment: environment.name,
      seed,
      settings,
      done: this.#done,
      actions: this.#actions.state() as unknown as Json,
      environments: environment.save(),
      update: update.save(),
      returns: (normalized?.save() ?? null) as unknown as Json,
    };
  }
}

/** What must be the same in a training that goes on. Network and balancer check their own. */
const IDENTITY = ['environment', 'seed', 'settings'] as const;
