import { CheckedEnvironment } from './checked-environment.js';
import { type Environment, EnvironmentError, firstLine } from './environment.js';
import { Acrobot } from './environments/acrobot.js';
import { CartPole } from './environments/cart-pole.js';
import { MountainCar } from './environments/mountain-car.js';
import { MountainCarContinuous } from './environments/mountain-car-continuous.js';
import { Pendulum } from './environments/pendulum.js';

/** How an environment is made. */
export interface EnvironmentSpec {
  /** Letters, digits, "_", "-" and ".", perhaps after a "namespace/". */
  readonly name: string;
  /** A new one at every call. */
  readonly create: () => Environment;
  /** Longer episodes are truncated. Default: no limit. */
  readonly maxEpisodeSteps?: number;
  /** A mean return from which it counts as solved. */
  readonly rewardThreshold?: number;
}

// Limits and thresholds of Gymnasium's registry.
const BUILT_IN: readonly EnvironmentSpec[] = [
  { name: 'CartPole-v1', create: () => new CartPole(), maxEpisodeSteps: 500, rewardThreshold: 475 },
  { name: 'Acrobot-v1', create: () => new Acrobot(), maxEpisodeSteps: 500, rewardThreshold: -100 },
  { name: 'MountainCar-v0', create: () => new MountainCar(), maxEpisodeSteps: 200, rewardThreshold: -110 },
  {
    name: 'MountainCarContinuous-v0',
    create: () => new MountainCarContinuous(),
    maxEpisodeSteps: 999,
    rewardThreshold: 90,
  },
  { name: 'Pendulum-v1', create: () => new Pendulum(), maxEpisodeSteps: 200 },
];

// The name goes into file names and pictures as it is.
const NAME = /^([\w.-]{1,64}\/)?[\w.-]{1,64}$/;

const specs = new Map(BUILT_IN.map((spec) => [spec.name, spec]));

/** Makes an environment known by its name. @throws EnvironmentError if the name is taken or a field is wrong. */
export function registerEnvironment(spec: EnvironmentSpec): void {
  checkSpec(spec);
  if (specs.has(spec.name)) throw new EnvironmentError(spec.name, 'is registered already');
  specs.set(spec.name, spec);
}

/** All names, in the order of registration. */
export function environmentNames(): string[] {
  return [...specs.keys()];
}

/** @throws RangeError that lists the known names, if this is none of them. */
export function environmentSpec(name: string): EnvironmentSpec {
  const spec = specs.get(name);
  if (!spec) throw new RangeError(`"${name}" is no environment; there are ${environmentNames().join(', ')}`);
  return spec;
}

/**
 * One environment, checked and with its time limit, as Gymnasium's `make`.
 * @param environment a registered name, or how to make one that is not registered.
 */
export function makeEnvironment(environment: string | EnvironmentSpec): CheckedEnvironment {
  const spec = typeof environment === 'string' ? environmentSpec(environment) : environment;
  checkSpec(spec);
  let created: Environment;
  try {
    created = spec.create();
  } catch (cause) {
    throw new EnvironmentError(spec.name, `create() failed: ${firstLine(cause)}`, { cause });
  }
  return new CheckedEnvironment(spec.name, created, spec.maxEpisodeSteps);
}

function checkSpec(spec: EnvironmentSpec): void {
  const { name, create, maxEpisodeSteps } = (spec ?? {}) as Partial<EnvironmentSpec>;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new RangeError(`"name" of an environment must be letters, digits, "_", "-" and ".", got "${name}"`);
  }
  if (typeof create !== 'function') {
    throw new EnvironmentError(name, `"create" must be a function that makes an environment, got ${create}`);
  }
  if (maxEpisodeSteps !== undefined && !(Number.isSafeInteger(maxEpisodeSteps) && maxEpisodeSteps >= 1)) {
    throw new EnvironmentError(name, `"maxEpisodeSteps" must be an integer >= 1, got ${maxEpisodeSteps}`);
  }
}
