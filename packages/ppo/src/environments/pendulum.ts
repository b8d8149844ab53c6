import type { Random } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';
import type { Environment, Observation, Step } from '../environment.js';
import { Box } from '../spaces.js';
import { clamp, savedNumbers, uniform } from './arithmetic.js';
import { pendulumScene } from './pendulum-scene.js';

const GRAVITY = 10;
const DT = 0.05;
const MAX_SPEED = 8;
const MAX_TORQUE = 2;
const TURN = 2 * Math.PI;
const TORQUE_COST = Math.fround(0.001);

/**
 * Pendulum-v1: a rod of mass and length 1 on a motor too weak to lift it in one go; torque in [-2, 2], clipped. Cost per step
 * theta^2 + 0.1 speed^2 + 0.001 torque^2, theta from upright in [-pi, pi); it never ends by itself. Observation: cosine and
 * sine of the angle, angular velocity. Semi-implicit Euler in float64; the action and its own products are float32, as in
 * Gymnasium with NumPy 2.
 */
export class Pendulum implements Environment<Box> {
  readonly observationSpace = new Box([-1, -1, -MAX_SPEED], [1, 1, MAX_SPEED]);
  readonly actionSpace = new Box([-MAX_TORQUE], [MAX_TORQUE]);
  readonly scene = pendulumScene(MAX_TORQUE);
  #theta = 0;
  #speed = 0;

  reset(random: Random): Observation {
    this.#theta = uniform(random, -Math.PI, Math.PI);
    this.#speed = uniform(random, -1, 1);
    return this.#observe();
  }

  step(action: Float32Array): Step {
    const torque = clamp(action[0]!, -MAX_TORQUE, MAX_TORQUE);
    const angle = fromUpright(this.#theta);
    const effort = Math.fround(TORQUE_COST * Math.fround(torque * torque));
    const cost = angle * angle + 0.1 * (this.#speed * this.#speed) + effort;
    const acceleration = ((3 * GRAVITY) / 2) * Math.sin(this.#theta) + Math.fround(3 * torque);
    this.#speed = clamp(this.#speed + acceleration * DT, -MAX_SPEED, MAX_SPEED);
    this.#theta += this.#speed * DT;
    return { observation: this.#observe(), reward: -cost, terminated: false, truncated: false };
  }

  save(): Json {
    return [this.#theta, this.#speed];
  }

  load(state: Json): void {
    [this.#theta, this.#speed] = savedNumbers(state, 2) as [number, number];
  }

  #observe(): Observation {
    return [Math.fround(Math.cos(this.#theta)), Math.fround(Math.sin(this.#theta)), Math.fround(this.#speed)];
  }
}

/** theta modulo a turn in [-pi, pi), by a modulo with the sign of the divisor, which JavaScript's % has not. */
function fromUpright(theta: number): number {
  const rest = (theta + Math.PI) % TURN;
  return (rest < 0 ? rest + TURN : rest) - Math.PI;
}
