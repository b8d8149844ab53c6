import type { Random } from '@counterpoise/nn';
import type { Json } from '@counterpoise/training';
import type { Environment, Observation, Step } from '../environment.js';
import { Box, Discrete } from '../spaces.js';
import { acrobotScene } from './acrobot-scene.js';
import { clamp, savedNumbers, uniform } from './arithmetic.js';

const GRAVITY = 9.8;
/** Distance from a joint to the centre of the link below it; lengths, masses and moments of inertia are 1. */
const TO_CENTER = 0.5;
const DT = 0.2;
const MAX_SPEED_1 = 4 * Math.PI;
const MAX_SPEED_2 = 9 * Math.PI;

/** Two angles in radians, 0 hanging down, the second from the first link; two angular velocities. */
type State = readonly [theta1: number, theta2: number, speed1: number, speed2: number];

/**
 * Acrobot-v1: two links, a motor at the joint between them (0, 1, 2: torque -1, 0, 1); -1 point per step until the tip is a
 * link's length above the fixed end, 0 for the step that gets there. Observation: cosine and sine of both angles, both angular
 * velocities. Sutton 1996 with the equations of Sutton and Barto's book, one Runge-Kutta step of order 4 over 0.2 seconds.
 */
export class Acrobot implements Environment<Discrete> {
  readonly observationSpace = new Box(
    [-1, -1, -1, -1, -MAX_SPEED_1, -MAX_SPEED_2],
    [1, 1, 1, 1, MAX_SPEED_1, MAX_SPEED_2],
  );
  readonly actionSpace = new Discrete(3);
  readonly scene = acrobotScene;
  #state: State = [0, 0, 0, 0];

  reset(random: Random): Observation {
    const draw = () => Math.fround(uniform(random, -0.1, 0.1));
    this.#state = [draw(), draw(), draw(), draw()];
    return this.#observe();
  }

  step(action: number): Step {
    const [theta1, theta2, speed1, speed2] = rungeKutta(this.#state, action - 1);
    this.#state = [
      wrap(theta1),
      wrap(theta2),
      clamp(speed1, -MAX_SPEED_1, MAX_SPEED_1),
      clamp(speed2, -MAX_SPEED_2, MAX_SPEED_2),
    ];
    const terminated = -Math.cos(this.#state[0]) - Math.cos(this.#state[1] + this.#state[0]) > 1;
    return { observation: this.#observe(), reward: terminated ? 0 : -1, terminated, truncated: false };
  }

  save(): Json {
    return this.#state;
  }

  load(state: Json): void {
    this.#state = savedNumbers(state, 4) as State;
  }

  #observe(): Observation {
    const [theta1, theta2, speed1, speed2] = this.#state;
    return [Math.cos(theta1), Math.sin(theta1), Math.cos(theta2), Math.sin(theta2), speed1, speed2].map(Math.fround);
  }
}

function derivative([theta1, theta2, speed1, speed2]: State, torque: number): State {
  const cos2 = Math.cos(theta2);
  const sin2 = Math.sin(theta2);
  const square = TO_CENTER * TO_CENTER;
  const d1 = square + (1 + square + 2 * TO_CENTER * cos2) + 1 + 1;
  const d2 = square + TO_CENTER * cos2 + 1;
  const phi2 = TO_CENTER * GRAVITY * Math.cos(theta1 + theta2 - Math.PI / 2);
  const phi1 =
    -TO_CENTER * (speed2 * speed2) * sin2 -
    2 * TO_CENTER * speed2 * speed1 * sin2 +
    (TO_CENTER + 1) * GRAVITY * Math.cos(theta1 - Math.PI / 2) +
    phi2;
  const acceleration2 =
    (torque + (d2 / d1) * phi1 - TO_CENTER * (speed1 * speed1) * sin2 - phi2) / (square + 1 - (d2 * d2) / d1);
  const acceleration1 = -(d2 * acceleration2 + phi1) / d1;
  return [speed1, speed2, acceleration1, acceleration2];
}

function rungeKutta(state: State, torque: number): State {
  const along = (slope: State, time: number) => state.map((x, at) => x + time * slope[at]!) as unknown as State;
  const k1 = derivative(state, torque);
  const k2 = derivative(along(k1, DT / 2), torque);
  const k3 = derivative(along(k2, DT / 2), torque);
  const k4 = derivative(along(k3, DT), torque);
  const mean = k1.map((slope, at) => slope + 2 * k2[at]! + 2 * k3[at]! + k4[at]!) as unknown as State;
  return along(mean, DT / 6);
}

/** Into [-pi, pi] by whole turns; speeds are bounded, so one or two turns at most. */
function wrap(angle: number): number {
  let x = angle;
  while (x > Math.PI) x -= 2 * Math.PI;
  while (x < -Math.PI) x += 2 * Math.PI;
  return x;
}
