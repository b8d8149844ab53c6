import type { Policy } from '../episode.js';

/** Policies by hand that do something worth looking at. */
export const POLICIES: Readonly<Record<string, Policy>> = {
  'CartPole-v1': (observation) => Number(observation[2]! + 0.5 * observation[3]! + 0.05 * observation[1]! > 0),
  'Acrobot-v1': (observation) => (observation[5]! > 0 ? 2 : 0),
  'MountainCar-v0': (observation) => (observation[1]! >= 0 ? 2 : 0),
  'MountainCarContinuous-v0': (observation) => Float32Array.of(observation[1]! >= 0 ? 1 : -1),
  'Pendulum-v1': (observation) =>
    observation[0]! < 0.8
      ? Float32Array.of(Math.sign(observation[2]!) * 2)
      : Float32Array.of(-12 * observation[1]! - 3 * observation[2]!),
};
