import type { Random } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';
import type { Environment, Observation, Step } from '../environment.js';
import { Box } from '../spaces.js';
import { savedNumbers, uniform } from './arithmetic.js';
import { mountainCarScene } from './mountain-car-scene.js';

const POWER = 0.0015;
const GRAVITY = 0.0025;
const MIN_POSITION = Math.fround(-1.2);
const MAX_POSITION = Math.fround(0.6);
const MAX_SPEED = Math.fround(0.07);
const GOAL = 0.45;

/**
 * MountainCarContinuous-v0: the car in the valley with a force in [-1, 1]; 100 points at 0.45, minus 0.1 times the square of
 * the action, which counts unclipped. Observation: position and velocity.
 *
 * Widths as in Gymnasium with NumPy 2: the state is float64 after a reset and float32 from the first step on, and then every
 * product and sum is rounded to float32, except that a clipped force is a float64 until it meets the velocity.
 */
export class MountainCarContinuous implements Environment<Box> {
  readonly observationSpace = new Box([MIN_POSITION, -MAX_SPEED], [MAX_POSITION, MAX_SPEED]);
  readonly actionSpace = new Box([-1], [1]);
  readonly scene = mountainCarScene(GOAL);
  #position = 0;
  #velocity = 0;
  #single = false;

  reset(random: Random): Observation {
    this.#position = uniform(random, -0.6, -0.4);
    this.#velocity = 0;
    this.#single = false;
    return this.#observe();
  }

  step(action: Float32Array): Step {
    const force = action[0]!;
    const round = this.#single ? Math.fround : (x: number) => x;
    const pull = GRAVITY * Math.cos(round(3 * this.#position));
    let velocity = round(this.#velocity + round(push(force, pull)));
    if (velocity > MAX_SPEED) velocity = MAX_SPEED;
    if (velocity < -MAX_SPEED) velocity = -MAX_SPEED;
    let position = Math.fround(this.#position + velocity);
    if (position > MAX_POSITION) position = MAX_POSITION;
    if (position < MIN_POSITION) position = MIN_POSITION;
    // The left end is a wall that takes the speed away.
    if (position === MIN_POSITION && velocity < 0) velocity = 0;
    const terminated = position >= Math.fround(GOAL) && velocity >= 0;
    this.#position = position;
    this.#velocity = Math.fround(velocity);
    this.#single = true;
    const reward = (terminated ? 100 : 0) - force * force * 0.1;
    return { observation: this.#observe(), reward, terminated, truncated: false };
  }

  /** Position, velocity, and 1 if they are float32 already. */
  save(): Json {
    return [this.#position, this.#velocity, Number(this.#single)];
  }

  load(state: Json): void {
    const [position, velocity, single] = savedNumbers(state, 3) as [number, number, number];
    this.#position = position;
    this.#velocity = velocity;
    this.#single = single !== 0;
  }

  #observe(): Observation {
    return [Math.fround(this.#position), Math.fround(this.#velocity)];
  }
}

/** The change of velocity, with NumPy 2's widths: a Python float takes the width of the float32 it meets. */
function push(force: number, pull: number): number {
  if (Math.abs(force) > 1) return Math.sign(force) * POWER - pull;
  return Math.fround(Math.fround(force * Math.fround(POWER)) - Math.fround(pull));
}
