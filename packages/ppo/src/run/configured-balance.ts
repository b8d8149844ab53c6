/** The balancing that a config asks for. */
import { firstLine } from '../environment.js';
import { type ChosenBalance, chooseBalance, FIXED } from '../update/choose-balance.js';
import type { UpdateOptions } from '../update/update-options.js';
import type { PpoConfig } from './config.js';
import { refuse } from './option-checks.js';

type ConfiguredBalance = ChosenBalance & Required<Pick<UpdateOptions, 'step'>>;

/** @throws CounterpoiseError with the code `option` if the method and its options do not fit. */
export function configuredBalance(config: PpoConfig): ConfiguredBalance {
  const { balance, balanceOptions, balanceWraps, balanceEvery, boundary, measureGradients, threads } = config;
  if (balanceEvery > 1 && FIXED.includes(balance)) {
    throw refuse('"balanceEvery" does nothing with fixed coefficients: leave it out');
  }
  const wraps = balanceEvery > 1 ? [...balanceWraps, `update-every=${balanceEvery}`] : balanceWraps;
  const coefficients = { value: config.valueCoefficient, entropy: config.entropy };
  try {
    const chosen = chooseBalance(balance, balanceOptions, coefficients, wraps);
    const step = {
      threads,
      ...(boundary !== null && { boundary }),
      ...(measureGradients && { measureGradients }),
    };
    return { ...chosen, step };
  } catch (error) {
    throw refuse(firstLine(error));
  }
}
