import type { Random } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';
import type { Environment, Observation, Step } from '../environment.js';
import { Box, Discrete } from '../spaces.js';
import { clamp, savedNumbers, uniform } from './arithmetic.js';
import { mountainCarScene } from './mountain-car-scene.js';

const FORCE = 0.001;
const GRAVITY = 0.0025;
const MIN_POSITION = -1.2;
const MAX_POSITION = 0.6;
const MAX_SPEED = 0.07;
const GOAL = 0.5;

/**
 * MountainCar-v0: a car in a valley, too weak to drive up at once (0 left, 1 nothing, 2 right); -1 point per step until it
 * reaches 0.5. Observation: position and velocity. Moore 1990, in float64 as Gymnasium.
 */
export class MountainCar implements Environment<Discrete> {
  readonly observationSpace = new Box([MIN_POSITION, -MAX_SPEED], [MAX_POSITION, MAX_SPEED]);
  readonly actionSpace = new Discrete(3);
  readonly scene = mountainCarScene(GOAL);
  #position = 0;
  #velocity = 0;

  reset(random: Random): Observation {
    this.#position = uniform(random, -0.6, -0.4);
    this.#velocity = 0;
    return this.#observe();
  }

  step(action: number): Step {
    const velocity = this.#velocity + ((action - 1) * FORCE + Math.cos(3 * this.#position) * -GRAVITY);
    this.#velocity = clamp(velocity, -MAX_SPEED, MAX_SPEED);
    this.#position = clamp(this.#position + this.#velocity, MIN_POSITION, MAX_POSITION);
    // The left end is a wall that takes the speed away.
    if (this.#position === MIN_POSITION && this.#velocity < 0) this.#velocity = 0;
    const terminated = this.#position >= GOAL && this.#velocity >= 0;
    return { observation: this.#observe(), reward: -1, terminated, truncated: false };
  }

  save(): Json {
    return [this.#position, this.#velocity];
  }

  load(state: Json): void {
    [this.#position, this.#velocity] = savedNumbers(state, 2) as [number, number];
  }

  #observe(): Observation {
    return [Math.fround(this.#position), Math.fround(this.#velocity)];
  }
}
