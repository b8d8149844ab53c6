/** The balancing that a config asks for. */
import { CounterpoiseError } from 'counterpoise';
import { firstLine } from '../environment.js';
import { type ChosenBalance, chooseBalance } from '../update/choose-balance.js';
import type { PpoConfig } from './config.js';

/** @throws CounterpoiseError with the code `option` if the method and its options do not fit. */
export function configuredBalance(config: PpoConfig): ChosenBalance {
  const { balance, balanceOptions, balanceWraps, balanceEvery, boundary, measureGradients, threads } = config;
  const wraps = balanceEvery > 1 ? [...balanceWraps, `update-every=${balanceEvery}`] : balanceWraps;
  const coefficients = { value: config.valueCoefficient, entropy: config.entropy };
  try {
    const chosen = chooseBalance(balance, balanceOptions, coefficients, wraps);
    const step = {
      ...chosen.step,
      threads,
      ...(boundary !== null && { boundary }),
      ...(measureGradients && { measureGradients }),
    };
    return { ...chosen, step };
  } catch (error) {
    throw new CounterpoiseError('option', firstLine(error));
  }
}
