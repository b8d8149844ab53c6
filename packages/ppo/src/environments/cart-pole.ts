import type { Random } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';
import type { Environment, Observation, Step } from '../environment.js';
import { Box, Discrete } from '../spaces.js';
import { savedNumbers, uniform } from './arithmetic.js';
import { cartPoleScene } from './cart-pole-scene.js';

const GRAVITY = 9.8;
const POLE_MASS = 0.1;
const TOTAL_MASS = POLE_MASS + 1.0;
const HALF_LENGTH = 0.5;
const POLE_MASS_LENGTH = POLE_MASS * HALF_LENGTH;
const FORCE = 10;
const TAU = 0.02;
const THETA_LIMIT = (12 * 2 * Math.PI) / 360;
const X_LIMIT = 2.4;

/**
 * CartPole-v1: a pole on a cart that is pushed left (0) or right (1); 1 point per step, also for the last one.
 * Observation: position, velocity, angle (radians, clockwise), angular velocity. Barto, Sutton and Anderson 1983; the
 * equations of motion are those of Florian 2007 without friction, with Gymnasium's explicit Euler steps in float64.
 */
export class CartPole implements Environment<Discrete> {
  readonly observationSpace = new Box(
    [-2 * X_LIMIT, Number.NEGATIVE_INFINITY, -2 * THETA_LIMIT, Number.NEGATIVE_INFINITY],
    [2 * X_LIMIT, Number.POSITIVE_INFINITY, 2 * THETA_LIMIT, Number.POSITIVE_INFINITY],
  );
  readonly actionSpace = new Discrete(2);
  readonly scene = cartPoleScene;
  #x = 0;
  #xDot = 0;
  #theta = 0;
  #thetaDot = 0;

  reset(random: Random): Observation {
    this.#x = uniform(random, -0.05, 0.05);
    this.#xDot = uniform(random, -0.05, 0.05);
    this.#theta = uniform(random, -0.05, 0.05);
    this.#thetaDot = uniform(random, -0.05, 0.05);
    return this.#observe();
  }

  step(action: number): Step {
    const force = action === 1 ? FORCE : -FORCE;
    const cos = Math.cos(this.#theta);
    const sin = Math.sin(this.#theta);
    const push = (force + POLE_MASS_LENGTH * (this.#thetaDot * this.#thetaDot) * sin) / TOTAL_MASS;
    const thetaAcceleration =
      (GRAVITY * sin - cos * push) / (HALF_LENGTH * (4 / 3 - (POLE_MASS * (cos * cos)) / TOTAL_MASS));
    const xAcceleration = push - (POLE_MASS_LENGTH * thetaAcceleration * cos) / TOTAL_MASS;
    // Explicit Euler: positions move by the velocities of before.
    this.#x += TAU * this.#xDot;
    this.#xDot += TAU * xAcceleration;
    this.#theta += TAU * this.#thetaDot;
    this.#thetaDot += TAU * thetaAcceleration;
    const terminated = Math.abs(this.#x) > X_LIMIT || Math.abs(this.#theta) > THETA_LIMIT;
    return { observation: this.#observe(), reward: 1, terminated, truncated: false };
  }

  save(): Json {
    return [this.#x, this.#xDot, this.#theta, this.#thetaDot];
  }

  load(state: Json): void {
    [this.#x, this.#xDot, this.#theta, this.#thetaDot] = savedNumbers(state, 4) as [number, number, number, number];
  }

  #observe(): Observation {
    return [Math.fround(this.#x), Math.fround(this.#xDot), Math.fround(this.#theta), Math.fround(this.#thetaDot)];
  }
}
