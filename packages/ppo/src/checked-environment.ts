import type { Random } from '@counterpoise/nn';
import { type Json, stringifyExactly } from '@counterpoise/training';
import {
  type Action,
  type Environment,
  EnvironmentError,
  firstLine,
  type Observation,
  type Step,
} from './environment.js';
import { isScene, type Scene } from './render/scene.js';
import { type ActionSpace, Box, Discrete } from './spaces.js';

export interface EpisodeCounts {
  /** Sum of the rewards of the running episode, or of the one that has just ended. */
  readonly episodeReturn: number;
  /** Its number of steps. */
  readonly episodeLength: number;
}

interface CheckedState extends EpisodeCounts {
  readonly running: boolean;
  /** What the environment itself saved. */
  readonly inner: Json;
}

/**
 * An environment that is held to its word: spaces, observations, rewards and ends are checked, a time limit cuts episodes off
 * (Gymnasium's TimeLimit), return and length are counted (its RecordEpisodeStatistics), and whatever goes wrong is one
 * `EnvironmentError` that names the environment, the step and the field.
 */
export class CheckedEnvironment implements Environment, EpisodeCounts {
  readonly name: string;
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly scene?: Scene;
  /** What is checked. */
  readonly inner: Environment;
  readonly maxEpisodeSteps: number;
  #running = false;
  #episodeReturn = 0;
  #episodeLength = 0;

  /** @param maxEpisodeSteps after this many steps an episode is truncated. Default: never. */
  constructor(name: string, inner: Environment, maxEpisodeSteps = Number.POSITIVE_INFINITY) {
    this.name = name;
    this.inner = inner;
    this.maxEpisodeSteps = maxEpisodeSteps;
    if (typeof inner !== 'object' || inner === null) {
      throw new EnvironmentError(name, `create() must return an environment, got ${String(inner)}`);
    }
    const { observationSpace, actionSpace, scene } = inner;
    if (!(observationSpace instanceof Box)) throw new EnvironmentError(name, '"observationSpace" must be a Box');
    if (!(actionSpace instanceof Discrete || actionSpace instanceof Box)) {
      throw new EnvironmentError(name, '"actionSpace" must be a Discrete or a Box');
    }
    for (const method of ['reset', 'step'] as const) {
      if (typeof inner[method] === 'function') continue;
      throw new EnvironmentError(name, `"${method}" must be a function, got ${String(inner[method])}`);
    }
    this.observationSpace = observationSpace;
    this.actionSpace = actionSpace;
    if (!scene) return;
    if (!isScene(scene)) {
      throw new EnvironmentError(
        name,
        '"scene" must have "width", "height" and "secondsPerStep" > 0, a "background" and "parts" with "markup" and pose()',
      );
    }
    this.scene = scene;
  }

  get episodeReturn(): number {
    return this.#episodeReturn;
  }

  get episodeLength(): number {
    return this.#episodeLength;
  }

  /** Whether it can be saved in the middle of an episode. */
  get resumable(): boolean {
    return this.inner.save !== undefined && this.inner.load !== undefined;
  }

  reset(random: Random): Observation {
    this.#running = false;
    this.#episodeReturn = 0;
    this.#episodeLength = 0;
    const observation = this.#call('reset', () => this.inner.reset(random));
    this.#checkObservation(observation, 'of reset()');
    this.#running = true;
    return observation;
  }

  /** @throws EnvironmentError also if the episode has ended, or the action is not one of its space's form. */
  step(action: Action): Step {
    if (!this.#running) throw new EnvironmentError(this.name, 'step() needs a reset() first: no episode is running');
    this.#checkAction(action);
    this.#episodeLength++;
    const step = this.#call('step', () => this.inner.step(action));
    if (typeof step !== 'object' || step === null || step instanceof Promise) {
      this.#fail(`step() must return an object, got ${String(step)}`);
    }
    this.#checkObservation(step.observation, 'of step()');
    this.#check(Number.isFinite(step.reward), 'reward', 'a finite number', step.reward);
    this.#check(Number.isFinite(Math.fround(step.reward)), 'reward', 'finite in float32', step.reward);
    this.#check(typeof step.terminated === 'boolean', 'terminated', 'true or false', step.terminated);
    this.#check(typeof step.truncated === 'boolean', 'truncated', 'true or false', step.truncated);
    this.#episodeReturn += step.reward;
    // Both may be true, as in Gymnasium: an episode may reach its goal in its last step.
    const truncated = step.truncated || this.#episodeLength >= this.maxEpisodeSteps;
    this.#running = !(step.terminated || truncated);
    return truncated === step.truncated ? step : { ...step, truncated };
  }

  /** @throws EnvironmentError if it is not `resumable`, or its state is not plain JSON. */
  save(): Json {
    const inner = this.#call('save', () => {
      const state = this.inner.save?.();
      stringifyExactly('state', state);
      return state as Json;
    });
    const { episodeReturn, episodeLength } = this;
    return { running: this.#running, episodeReturn, episodeLength, inner };
  }

  load(state: Json, random: Random): void {
    const { running, episodeReturn, episodeLength } = this.#call('load', () => {
      const checked = checkState(state);
      this.inner.load?.(checked.inner, random);
      return checked;
    });
    this.#running = running;
    this.#episodeReturn = episodeReturn;
    this.#episodeLength = episodeLength;
  }

  #call<T>(method: string, run: () => T): T {
    try {
      return run();
    } catch (cause) {
      return this.#fail(`${method}() failed: ${firstLine(cause)}`, cause);
    }
  }

  #checkAction(action: Action): void {
    const space = this.actionSpace;
    if (space.kind === 'discrete') {
      this.#check(space.contains(action), 'action', `an integer in [0, ${space.n})`, action);
    } else {
      const right = typeof action === 'object' && action?.length === space.size && action.every(Number.isFinite);
      this.#check(right, 'action', `${space.size} finite numbers`, action);
    }
  }

  #checkObservation(observation: Observation, where: string): void {
    const size = this.observationSpace.size;
    const length = observation?.length;
    if (length !== size) this.#fail(`"observation" ${where} must have ${size} numbers, got ${length ?? observation}`);
    for (let at = 0; at < size; at++) {
      const value: unknown = observation[at];
      // A text or a list of one number would be read as that number.
      if (typeof value !== 'number') {
        this.#fail(`"observation" ${where} must be numbers, got a value of type ${typeof value} at component ${at}`);
      }
      // Infinite in float32 is what counts.
      if (!Number.isFinite(Math.fround(value))) {
        this.#fail(`"observation" ${where} must be finite, got ${value} at component ${at}`);
      }
    }
  }

  #check(right: boolean, field: string, wanted: string, value: unknown): void {
    if (!right) this.#fail(`"${field}" must be ${wanted}, got ${shown(value)}`);
  }

  #fail(problem: string, cause?: unknown): never {
    throw new EnvironmentError(this.name, `step ${this.#episodeLength}: ${problem}`, { cause });
  }
}

function shown(value: unknown): string {
  return value instanceof Float32Array ? `[${value.join(', ')}]` : String(value);
}

function checkState(state: Json): CheckedState {
  const { running, episodeReturn, episodeLength, inner } = (state ?? {}) as Partial<CheckedState>;
  const right =
    typeof running === 'boolean' &&
    Number.isFinite(episodeReturn) &&
    Number.isSafeInteger(episodeLength) &&
    inner !== undefined;
  if (right) return state as unknown as CheckedState;
  throw new TypeError(`"state" must be what save() returned, got ${JSON.stringify(state)}`);
}
