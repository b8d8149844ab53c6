import { Random, type RandomState } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';
import type { CheckedEnvironment, EpisodeCounts } from '../checked-environment.js';
import { type Action, EnvironmentError } from '../environment.js';
import { count } from '../options.js';
import { type EnvironmentSpec, makeEnvironment } from '../registry.js';
import type { ActionSpace, Box } from '../spaces.js';
import type { Transform } from './transform.js';

export interface VectorOptions {
  /** How many environments. An integer >= 1. */
  readonly environments: number;
  /** Start of all chance in them; every environment has its own stream. */
  readonly seed: number | string;
  /** Applied in this order to observations and to rewards. Default: none. */
  readonly transforms?: readonly Transform[];
}

/** An episode that has just ended, as the environment counts it: before any transform. */
export interface EndedEpisode extends EpisodeCounts {
  /** Index of its environment. */
  readonly environment: number;
}

/** What one step of all environments did. The arrays are used again by the next step. */
export interface VectorStep {
  /** [environments, components]; where an episode ended, the first observation of the next one. */
  readonly observations: Float32Array;
  /** [environments], after the transforms. */
  readonly rewards: Float64Array;
  /** [environments], 1 or 0, as `truncated`; see `Step`. */
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** [environments, components]; only rows of ended episodes mean something: what the episode ended with. */
  readonly finalObservations: Float32Array;
  readonly episodes: readonly EndedEpisode[];
}

/**
 * Copies of one environment that step together; an episode that ends is followed by the next one in the same step, as in
 * Gymnasium 0.29's SyncVectorEnv, which CleanRL uses. Continuous actions are clipped to the bounds of their space on the way
 * to the environment; what the policy drew stays as it is for the gradient (CleanRL's ClipAction, Stable-Baselines3).
 */
export class VectorEnvironment {
  readonly name: string;
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly #environments: readonly CheckedEnvironment[];
  readonly #transforms: readonly Transform[];
  readonly #step: Omit<VectorStep, 'episodes'> & { episodes: readonly EndedEpisode[] };
  readonly #ended: Uint8Array;
  readonly #clipped: Float32Array;
  #randoms: Random[];

  /** @param environment a registered name, or how to make one that is not registered. */
  constructor(environment: string | EnvironmentSpec, { environments, seed, transforms = [] }: VectorOptions) {
    count('environments', environments);
    this.#environments = Array.from({ length: environments }, () => makeEnvironment(environment));
    checkCopies(this.#environments);
    this.#randoms = this.#environments.map((_, at) => new Random(seed, 'environment', at));
    const { name, observationSpace, actionSpace } = this.#environments[0]!;
    this.name = name;
    this.observationSpace = observationSpace;
    this.actionSpace = actionSpace;
    const names = transforms.map((transform) => transform.name);
    const twice = names.find((transform, at) => names.indexOf(transform) < at);
    if (twice !== undefined) throw new RangeError(`"transforms" must have different names, got "${twice}" twice`);
    this.#transforms = transforms;
    this.#ended = new Uint8Array(environments);
    this.#clipped = new Float32Array(this.actionSize);
    const size = environments * observationSpace.size;
    this.#step = {
      observations: new Float32Array(size),
      rewards: new Float64Array(environments),
      terminated: new Uint8Array(environments),
      truncated: new Uint8Array(environments),
      finalObservations: new Float32Array(size),
      episodes: [],
    };
  }

  /** The number of environments. */
  get environments(): number {
    return this.#environments.length;
  }

  /** Numbers per action. */
  get actionSize(): number {
    return this.actionSpace.kind === 'box' ? this.actionSpace.size : 1;
  }

  /** Whether a run that goes on from `save` has the same bits as one that was never stopped. */
  get resumable(): boolean {
    return this.#environments.every((environment) => environment.resumable);
  }

  /** Begins an episode everywhere. @returns [environments, components]; the array is used again by `step`. */
  reset(): Float32Array {
    for (let at = 0; at < this.environments; at++) this.#begin(at);
    return this.#transformObservations(this.#step.observations, true);
  }

  /**
   * @param actions one integer per environment for Discrete, all components of all environments for Box.
   * @throws EnvironmentError that names environment and field for whatever an environment did wrong.
   */
  step(actions: Int32Array | Float32Array): VectorStep {
    const wanted = this.environments * this.actionSize;
    if (actions.length !== wanted) {
      throw new EnvironmentError(this.name, `"actions" must be ${wanted} numbers, got ${actions.length}`);
    }
    const { observations, rewards, terminated, truncated, finalObservations } = this.#step;
    const size = this.observationSpace.size;
    const episodes: EndedEpisode[] = [];
    for (let at = 0; at < this.environments; at++) {
      const environment = this.#environments[at]!;
      const step = environment.step(this.#action(actions, at));
      rewards[at] = step.reward;
      terminated[at] = Number(step.terminated);
      truncated[at] = Number(step.truncated);
      this.#ended[at] = Number(step.terminated || step.truncated);
      if (this.#ended[at]) {
        const { episodeReturn, episodeLength } = environment;
        episodes.push({ environment: at, episodeReturn, episodeLength });
        finalObservations.set(step.observation, at * size);
        this.#begin(at);
      } else {
        observations.set(step.observation, at * size);
      }
    }
    this.#transformObservations(observations, true);
    for (const { environment: at } of episodes) {
      this.#transformObservations(finalObservations.subarray(at * size, (at + 1) * size), false);
    }
    for (const transform of this.#transforms) {
      transform.rewards?.(rewards, this.#ended);
      this.#checkTransformed(transform, 'rewards', rewards);
    }
    this.#step.episodes = episodes;
    return this.#step;
  }

  /** Everything a run needs to go on, as JSON; bit for bit if `resumable`. */
  save(): Json {
    return {
      randoms: this.#randoms.map((random) => random.state()) as unknown as Json,
      environments: this.resumable ? this.#environments.map((environment) => environment.save()) : null,
      observations: [...this.#step.observations],
      transforms: Object.fromEntries(this.#transforms.map((transform) => [transform.name, transform.save?.() ?? null])),
    };
  }

  /**
   * Goes on from `save`; environments that are not `resumable` begin new episodes.
   * @returns the observations, as `reset`.
   * @throws TypeError if the state is not of as many environments and of the same transforms.
   */
  load(state: Json): Float32Array {
    const { randoms, environments, observations, transforms } = this.#checkState(state);
    this.#randoms = randoms.map((random) => Random.from(random));
    for (const transform of this.#transforms) transform.load?.(transforms[transform.name]!);
    if (environments === null) return this.reset();
    this.#environments.forEach((environment, at) => {
      environment.load(environments[at]!, this.#randoms[at]!);
    });
    this.#step.observations.set(observations);
    return this.#step.observations;
  }

  #begin(at: number): void {
    const observation = this.#environments[at]!.reset(this.#randoms[at]!);
    this.#step.observations.set(observation, at * this.observationSpace.size);
  }

  #transformObservations(rows: Float32Array, learn: boolean): Float32Array {
    for (const transform of this.#transforms) {
      transform.observations?.(rows, this.observationSpace.size, learn);
      this.#checkTransformed(transform, 'observations', rows);
    }
    return rows;
  }

  #checkTransformed({ name }: Transform, field: string, values: Float32Array | Float64Array): void {
    for (const value of values) {
      if (Number.isFinite(value)) continue;
      throw new EnvironmentError(this.name, `"${field}" must be finite after the transform ${name}, got ${value}`);
    }
  }

  #action(actions: Int32Array | Float32Array, at: number): Action {
    const space = this.actionSpace;
    if (space.kind === 'discrete') return actions[at]!;
    const clipped = this.#clipped;
    for (let axis = 0; axis < space.size; axis++) {
      const value = actions[at * space.size + axis]!;
      clipped[axis] = Math.min(Math.max(value, space.low[axis]!), space.high[axis]!);
    }
    return clipped;
  }

  #checkState(state: Json): VectorState {
    const { randoms, environments, observations, transforms } = (state ?? {}) as Partial<VectorState>;
    const list = (value: unknown, length: number) => Array.isArray(value) && value.length === length;
    const right =
      list(randoms, this.environments) &&
      (environments === null || list(environments, this.environments)) &&
      list(observations, this.#step.observations.length) &&
      observations?.every(Number.isFinite) &&
      this.#transforms.every(({ name }) => Object.hasOwn(transforms ?? {}, name));
    if (right) return state as unknown as VectorState;
    const names = this.#transforms.map(({ name }) => name).join(', ') || 'no';
    throw new TypeError(
      `"state" must be what VectorEnvironment.save() returned, of ${this.environments} times ${this.name} with ${names} transforms`,
    );
  }
}

/** @throws EnvironmentError if they share their state or differ in their spaces. */
function checkCopies(environments: readonly CheckedEnvironment[]): void {
  const { name, observationSpace, actionSpace } = environments[0]!;
  if (new Set(environments.map(({ inner }) => inner)).size < environments.length) {
    throw new EnvironmentError(name, 'create() must make a new environment at every call');
  }
  const spaces = JSON.stringify([observationSpace, actionSpace]);
  if (environments.some((other) => JSON.stringify([other.observationSpace, other.actionSpace]) !== spaces)) {
    throw new EnvironmentError(name, 'create() must make environments of the same spaces');
  }
}

interface VectorState {
  readonly randoms: readonly RandomState[];
  readonly environments: readonly Json[] | null;
  readonly observations: readonly number[];
  readonly transforms: { readonly [name: string]: Json };
}
