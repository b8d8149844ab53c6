import { describeEnvironment, type Environment } from '@counterpoise/training';
import { VERSION } from './version.js';

export function environmentOf(seed: number): Environment {
  return describeEnvironment({ seed, versions: { counterpoise: VERSION } });
}
