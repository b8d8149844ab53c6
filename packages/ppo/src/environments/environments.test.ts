import { Random } from '@counterpoise/nn';
import { describe, expect, it } from 'vitest';
import type { Action } from '../environment.js';
import { environmentNames, environmentSpec, makeEnvironment } from '../registry.js';
import { Acrobot } from './acrobot.js';
import { CartPole } from './cart-pole.js';
import { MountainCar } from './mountain-car.js';
import { MountainCarContinuous } from './mountain-car-continuous.js';
import { Pendulum } from './pendulum.js';

const names = environmentNames();
const anyAction = (name: string, random: Random): Action => {
  const { actionSpace } = makeEnvironment(name);
  return actionSpace.kind === 'discrete'
    ? random.integer(actionSpace.n)
    : Float32Array.of(actionSpace.low[0]! + random.uniform() * (actionSpace.high[0]! - actionSpace.low[0]!));
};

describe('every environment', () => {
  it.each(names)('%s stays in its spaces and is truncated at its limit', (name) => {
    const environment = makeEnvironment(name);
    const random = new Random(1);
    const { maxEpisodeSteps } = environmentSpec(name);
    for (let episode = 0; episode < 3; episode++) {
      expect(environment.observationSpace.contains(environment.reset(random))).toBe(true);
      for (let ended = false, steps = 1; !ended; steps++) {
        const step = environment.step(anyAction(name, random));
        expect(environment.observationSpace.contains(step.observation)).toBe(true);
        expect(step.truncated).toBe(steps === maxEpisodeSteps);
        ended = step.terminated || step.truncated;
      }
    }
  });

  it.each(names)('%s: the same seed gives the same bits, another seed others', (name) => {
    const play = (seed: number) => {
      const environment = makeEnvironment(name);
      const random = new Random(seed);
      const seen = [environment.reset(random)];
      for (let steps = 0; steps < 8; steps++) seen.push(environment.step(anyAction(name, random)).observation);
      return seen.flatMap((observation) => Array.from(observation));
    };
    expect(play(3)).toEqual(play(3));
    expect(play(4)).not.toEqual(play(3));
  });

  it.each(names)('%s refuses a state that is not its own', (name) => {
    const environment = environmentSpec(name).create();
    for (const state of [null, [], [1], [1, 2, 3, 4, 5], [null, null, null, null], { length: 4 }, 'abcd']) {
      expect(() => environment.load?.(state, new Random(0))).toThrow(/"state" must be [234] finite numbers/);
    }
  });
});

describe('starts are uniform within the bounds of Gymnasium', () => {
  const bounds: Record<string, readonly (readonly [number, number])[]> = {
    'CartPole-v1': new Array(4).fill([-0.05, 0.05]),
    'Acrobot-v1': new Array(4).fill([-0.1, 0.1]),
    'MountainCar-v0': [
      [-0.6, -0.4],
      [0, 0],
    ],
    'MountainCarContinuous-v0': [
      [-0.6, -0.4],
      [0, 0],
    ],
    'Pendulum-v1': [
      [-Math.PI, Math.PI],
      [-1, 1],
    ],
  };
  it.each(names)('%s', (name) => {
    const environment = environmentSpec(name).create();
    const random = new Random('starts');
    const starts = Array.from({ length: 2000 }, () => {
      environment.reset(random);
      return environment.save!() as readonly number[];
    });
    for (const [k, [low, high]] of bounds[name]!.entries()) {
      const values = starts.map((start) => start[k]!);
      const reach = (high - low) * 0.01;
      // Acrobot's bounds are rounded to float32.
      expect(Math.min(...values)).toBeGreaterThanOrEqual(Math.fround(low) - 1e-8);
      expect(Math.min(...values)).toBeLessThanOrEqual(low + reach);
      expect(Math.max(...values)).toBeLessThanOrEqual(Math.fround(high) + 1e-8);
      expect(Math.max(...values)).toBeGreaterThanOrEqual(high - reach);
      expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / 2000 - (low + high) / 2)).toBeLessThanOrEqual(
        0.03 * (high - low),
      );
    }
  });

  it('of Acrobot are float32', () => {
    const environment = new Acrobot();
    environment.reset(new Random(5));
    for (const number of environment.save() as number[]) expect(number).toBe(Math.fround(number));
  });
});

describe('ends', () => {
  it('CartPole-v1: beyond 2.4 on either side, beyond 12 degrees, and it earns 1 there too', () => {
    const stepFrom = (state: readonly number[]) => {
      const environment = new CartPole();
      environment.load([...state]);
      return environment.step(1);
    };
    const degrees = Math.PI / 180;
    expect(stepFrom([2.39, 1, 0, 0])).toMatchObject({ terminated: true, reward: 1 });
    expect(stepFrom([-2.39, -1, 0, 0]).terminated).toBe(true);
    expect(stepFrom([2.39, 0, 0, 0]).terminated).toBe(false);
    expect(stepFrom([0, 0, 11.9 * degrees, 0.2]).terminated).toBe(true);
    expect(stepFrom([0, 0, -11.9 * degrees, -0.2]).terminated).toBe(true);
    expect(stepFrom([0, 0, 11.9 * degrees, 0]).terminated).toBe(false);
  });

  it('Acrobot-v1: the tip above the line ends it with reward 0; angles wrap, speeds are bounded', () => {
    const environment = new Acrobot();
    environment.load([Math.PI - 0.1, 0.1, 0, 0]);
    expect(environment.step(1)).toMatchObject({ terminated: true, reward: 0 });
    environment.load([3.1, 0, 4 * Math.PI, 9 * Math.PI]);
    environment.step(1);
    const [theta1, theta2, speed1, speed2] = environment.save() as [number, number, number, number];
    expect(Math.max(Math.abs(theta1), Math.abs(theta2))).toBeLessThanOrEqual(Math.PI);
    expect(Math.abs(speed1)).toBeLessThanOrEqual(4 * Math.PI);
    expect(Math.abs(speed2)).toBeLessThanOrEqual(9 * Math.PI);
  });

  it('MountainCar-v0: the flag ends it, the wall on the left takes the speed', () => {
    const environment = new MountainCar();
    environment.load([0.49, 0.05]);
    expect(environment.step(2)).toMatchObject({ terminated: true, reward: -1 });
    environment.load([-1.19, -0.05]);
    expect(environment.step(0).terminated).toBe(false);
    expect(environment.save()).toEqual([-1.2, 0]);
  });

  it('MountainCarContinuous-v0: 100 at the flag less the unclipped effort; the wall takes the speed', () => {
    const environment = new MountainCarContinuous();
    environment.load([Math.fround(0.44), Math.fround(0.05), 1]);
    expect(environment.step(Float32Array.of(2))).toMatchObject({ terminated: true, reward: 100 - 0.4 });
    environment.load([Math.fround(-1.19), Math.fround(-0.05), 1]);
    environment.step(Float32Array.of(-1));
    expect(environment.save()).toEqual([Math.fround(-1.2), 0, 1]);
  });
});

describe('Pendulum-v1', () => {
  const energy = (theta: number, speed: number) => speed ** 2 / 6 + 5 * Math.cos(theta);

  it.each([0.3, 1.5, 2.8])('without torque keeps its energy, from %d radians', (start) => {
    // A rod of mass and length 1: I = 1/3, E = I w^2 / 2 + m g cos(theta) / 2. A symplectic step does not drift, it swings
    // about the true energy by a share of the step: here 0.05 of the largest speed.
    const pendulum = new Pendulum();
    pendulum.load([start, 0]);
    const first = energy(start, 0);
    const errors = Array.from({ length: 4000 }, () => {
      pendulum.step(Float32Array.of(0));
      return energy(...(pendulum.save() as [number, number])) - first;
    });
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(0.8);
    expect(Math.abs(mean(errors.slice(0, 2000)) - mean(errors.slice(2000)))).toBeLessThan(0.05);
  });

  it('costs the same a turn away, clips the torque, and hanging still costs pi^2', () => {
    const cost = (theta: number, torque: number) => {
      const pendulum = new Pendulum();
      pendulum.load([theta, 0]);
      return pendulum.step(Float32Array.of(torque)).reward;
    };
    expect(cost(Math.PI, 0)).toBeCloseTo(-(Math.PI ** 2), 12);
    for (const turns of [-3, -1, 1, 2]) expect(cost(0.7 + turns * 2 * Math.PI, 0)).toBeCloseTo(cost(0.7, 0), 10);
    expect(cost(0, 5)).toBe(cost(0, 2));
    expect(cost(0, -5)).toBeCloseTo(-0.004, 9);
  });
});
