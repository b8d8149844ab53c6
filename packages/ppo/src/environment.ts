import type { Random } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';
import type { Scene } from './render/scene.js';
import type { ActionSpace, Box, Discrete } from './spaces.js';

/** One choice for Discrete; for Box its components, which are good until `step` returns. */
export type Action<S extends ActionSpace = ActionSpace> = S extends Discrete ? number : Float32Array;

/** The components of an observation; they are read as float32 and copied at once. */
export type Observation = ArrayLike<number>;

/** What one step did. */
export interface Step {
  readonly observation: Observation;
  readonly reward: number;
  /** The task itself is over: nothing follows, so the value of what follows is 0. */
  readonly terminated: boolean;
  /** Cut off from outside, by a time limit for example: the task would have gone on. */
  readonly truncated: boolean;
}

/**
 * A world to act in, after Gymnasium's `Env`. Your own needs the two spaces, `reset` and `step`; all chance must come from the
 * generator that `reset` is given, which `step` may keep and use.
 */
export interface Environment<S extends ActionSpace = ActionSpace> {
  readonly observationSpace: Box;
  readonly actionSpace: S;
  /** Begins an episode. */
  reset(random: Random): Observation;
  step(action: Action<S>): Step;
  /** Everything `step` needs to go on from here. Without `save` and `load` a resumed run begins new episodes. */
  save?(): Json;
  /** Goes on from what `save` gave. @param random the generator of the episode, as `reset` had it. */
  load?(state: Json, random: Random): void;
  /** How an episode is drawn. Without it there is no picture. */
  readonly scene?: Scene;
}

/** An environment did what it must not do; one line that names the environment and the field. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly environment: string;

  constructor(environment: string, problem: string, options?: ErrorOptions) {
    super(`environment ${environment}: ${problem}`, options);
    this.environment = environment;
  }
}

/** What went wrong, on one line. */
export function firstLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.split('\n', 1)[0]!;
}
